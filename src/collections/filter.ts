import type { JsonValue, Metadata } from "../types.ts";
import type { Filter, FilterComparison, FilterScalar } from "./types.ts";

type Condition = Exclude<Filter[string], undefined>;
type Predicate = (metadata: Metadata) => boolean;

/** What looks at the elements of a list one by one. */
const BOUNDS = ["eq", "in", "gt", "gte", "lt", "lte"] as const;

/** Turns a filter into a function of an anchor's metadata. The empty filter holds for every anchor. */
export const compileFilter = (filter: Filter): Predicate => {
  const predicates = Object.entries(filter).flatMap(([key, condition]) =>
    condition === undefined ? [] : [compileEntry(key, condition)],
  );
  return (metadata) => predicates.every((holds) => holds(metadata));
};

const compileEntry = (key: string, condition: Condition): Predicate => {
  if (key === "not" && isFilter(condition)) {
    const holds = compileFilter(condition);
    return (metadata) => !holds(metadata);
  }
  if (key === "any" && isFilterList(condition)) {
    const alternatives = condition.map(compileFilter);
    return (metadata) => alternatives.some((holds) => holds(metadata));
  }
  const matches = isScalar(condition)
    ? (value: JsonValue) => value === condition
    : compileComparison(condition as FilterComparison);
  return (metadata) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    return matchesField(value, condition, matches);
  };
};

/** A list matches where one of its elements does; `ne` and `exists` look at the field as a whole. */
const matchesField = (
  value: JsonValue | undefined,
  condition: Condition,
  matches: (value: JsonValue) => boolean,
): boolean => {
  if (!isScalar(condition)) {
    const comparison = condition as FilterComparison;
    if (comparison.exists !== undefined && comparison.exists !== (value !== undefined)) return false;
    const unequal = comparison.ne;
    if (unequal !== undefined && elements(value).some((element) => element === unequal)) return false;
    if (!BOUNDS.some((bound) => comparison[bound] !== undefined)) return true;
  }
  return elements(value).some(matches);
};

const elements = (value: JsonValue | undefined): readonly JsonValue[] => {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
};

const compileComparison = (comparison: FilterComparison): ((value: JsonValue) => boolean) => {
  const { eq, gt, gte, lt, lte } = comparison;
  const among = comparison.in === undefined ? undefined : new Set<JsonValue>(comparison.in);
  return (value) =>
    (eq === undefined || value === eq) &&
    (among === undefined || among.has(value)) &&
    (gt === undefined || ordered(value, gt, (order) => order > 0)) &&
    (gte === undefined || ordered(value, gte, (order) => order >= 0)) &&
    (lt === undefined || ordered(value, lt, (order) => order < 0)) &&
    (lte === undefined || ordered(value, lte, (order) => order <= 0));
};

/** Numbers are ordered among numbers and strings among strings; across types nothing holds. */
const ordered = (value: JsonValue, bound: number | string, holds: (order: number) => boolean): boolean => {
  if (typeof value !== typeof bound || (typeof value !== "number" && typeof value !== "string")) return false;
  return holds(value < bound ? -1 : value > bound ? 1 : 0);
};

const isScalar = (value: unknown): value is FilterScalar => value === null || typeof value !== "object";
const isList = (value: unknown): value is readonly JsonValue[] => Array.isArray(value);
const isFilterList = (value: unknown): value is readonly Filter[] => Array.isArray(value);
const isFilter = (value: unknown): value is Filter =>
  typeof value === "object" && value !== null && !Array.isArray(value);
