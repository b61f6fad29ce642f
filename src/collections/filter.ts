import {
  groupAlternatives,
  type Filter,
  type FilterComparison,
  type FilterOperand,
  type FilterOperator,
  type FilterScalar,
} from "../api/filter.ts";
import { invalidField, type FieldPath } from "../errors.ts";
import { createSlices, type Slices } from "../math/slices.ts";
import type { JsonValue, Metadata } from "../types.ts";

type Condition = Exclude<Filter[string], undefined>;
type Predicate = (metadata: Metadata) => boolean;

/** How an operator looks at a field. All tests `of` elements must hold for the same element of a list. */
type Test =
  | { readonly of: "element"; readonly holds: (value: JsonValue) => boolean }
  | { readonly of: "field"; readonly holds: (value: JsonValue | undefined) => boolean };

const ofElement = (holds: (value: JsonValue) => boolean): Test => ({ of: "element", holds });
const ofField = (holds: (value: JsonValue | undefined) => boolean): Test => ({ of: "field", holds });

const OPERATORS: { readonly [Op in FilterOperator]: (operand: FilterOperand<Op>) => Test } = {
  eq: (operand) => ofElement((value) => value === operand),
  ne: (operand) => ofField((value) => !elements(value).includes(operand)),
  gt: (bound) => ofElement((value) => comparable(value, bound) && value > bound),
  gte: (bound) => ofElement((value) => comparable(value, bound) && value >= bound),
  lt: (bound) => ofElement((value) => comparable(value, bound) && value < bound),
  lte: (bound) => ofElement((value) => comparable(value, bound) && value <= bound),
  in: (operand) => {
    const among = new Set<JsonValue>(operand);
    return ofElement((value) => among.has(value));
  },
  exists: (operand) => ofField((value) => operand === (value !== undefined)),
};

/**
 * Turns a filter into a function of an anchor's metadata. The empty filter holds for every anchor.
 *
 * @param path where the filter stands in the request, for errors
 * @throws AnchorageError `invalid-input` for an operator that is not known: a condition that is not understood must not
 * be taken for one that holds
 * @example
 * ```ts
 * compileFilter({ year: { gte: 2020 } })({ year: 2024 }); // true
 * ```
 */
export const compileFilter = (filter: Filter, path: FieldPath = ["filter"]): Predicate => {
  const predicates = Object.entries(filter).flatMap(([key, condition]) =>
    condition === undefined ? [] : [compileEntry(key, condition, [...path, key])],
  );
  return (metadata) => predicates.every((holds) => holds(metadata));
};

/** The part of a collection's view that a filter looks at. */
interface FilteredView {
  readonly slotCount: number;
  readonly isLive: (slot: number) => boolean;
  readonly entry: (slot: number) => { readonly metadata: Metadata };
}

/**
 * Evaluates a filter over the live anchors of a view, in slices between which other requests are served.
 *
 * @returns one byte per slot: 1 for a live anchor that matches
 */
export const filterView = async (
  view: FilteredView,
  filter: Filter,
  slices: Slices = createSlices(),
): Promise<Uint8Array> => {
  const holds = compileFilter(filter);
  const bitmap = new Uint8Array(view.slotCount);
  for (let slot = 0; slot < view.slotCount; slot++) {
    if (slices.due()) await slices.rest();
    if (view.isLive(slot) && holds(view.entry(slot).metadata)) bitmap[slot] = 1;
  }
  return bitmap;
};

const compileEntry = (key: string, condition: Condition, path: FieldPath): Predicate => {
  if (key === "not") {
    if (isScalar(condition) || isList(condition)) throw invalidField(path, "must be a filter");
    const holds = compileFilter(condition as Filter, path);
    return (metadata) => !holds(metadata);
  }
  if (key === "any") {
    if (!isList(condition)) throw invalidField(path, "must be a list of filters");
    return compileAlternatives(condition, path);
  }
  const matches = isScalar(condition)
    ? (value: JsonValue | undefined) => elements(value).includes(condition)
    : compileComparison(condition as FilterComparison, path);
  return (metadata) => matches(Object.hasOwn(metadata, key) ? metadata[key] : undefined);
};

const compileAlternatives = (filters: readonly Filter[], path: FieldPath): Predicate => {
  const { sets, others } = groupAlternatives(filters);
  const fields = Array.from(sets, ([key, values]): Predicate => {
    const among: ReadonlySet<JsonValue> = values;
    return (metadata) =>
      Object.hasOwn(metadata, key) && elements(metadata[key]).some((one) => among.has(one));
  });
  const places = new Map(filters.map((filter, i) => [filter, i]));
  const tested = others.map((filter) => compileFilter(filter, [...path, places.get(filter) ?? 0]));
  const alternatives = [...fields, ...tested];
  return (metadata) => alternatives.some((holds) => holds(metadata));
};

const compileComparison = (
  comparison: FilterComparison,
  path: FieldPath,
): ((value: JsonValue | undefined) => boolean) => {
  const tests = Object.keys(comparison).map((operator) => {
    if (!isOperator(operator)) throw invalidField([...path, operator], "is not a known operator");
    return testOf(operator, comparison, path);
  });
  if (tests.length === 0) throw invalidField(path, "must name an operator");
  const ofFields = tests.filter((test) => test.of === "field");
  const ofElements = tests.filter((test) => test.of === "element");
  return (value) =>
    ofFields.every(({ holds }) => holds(value)) &&
    (ofElements.length === 0 ||
      elements(value).some((element) => ofElements.every(({ holds }) => holds(element))));
};

const testOf = <Op extends FilterOperator>(
  operator: Op,
  comparison: { readonly [Key in Op]?: FilterOperand<Key> },
  path: FieldPath,
): Test => {
  const operand: FilterOperand<Op> | undefined = comparison[operator];
  if (operand === undefined) throw invalidField([...path, operator], "is required");
  return OPERATORS[operator](operand);
};

const isOperator = (key: string): key is FilterOperator => Object.hasOwn(OPERATORS, key);

const elements = (value: JsonValue | undefined): readonly JsonValue[] => {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
};

/** Numbers are ordered among numbers and strings among strings; across types nothing holds. */
const comparable = (value: JsonValue, bound: number | string): value is number | string =>
  typeof value === typeof bound;

const isScalar = (value: unknown): value is FilterScalar => value === null || typeof value !== "object";
const isList = <T>(value: T): value is Extract<T, readonly unknown[]> => Array.isArray(value);
