import type { Filter, FilterComparison, FilterScalar } from "../../src/api/filter.ts";
import type { JsonValue, Metadata } from "../../src/types.ts";

/** Whether a filter holds, as the documentation of `Filter` tells it, one condition after another. */
export const naiveHolds = (filter: Filter, metadata: Metadata): boolean => {
  for (const [key, condition] of Object.entries(filter)) {
    if (key === "not") {
      if (naiveHolds(condition as Filter, metadata)) return false;
    } else if (key === "any") {
      if (!(condition as readonly Filter[]).some((one) => naiveHolds(one, metadata))) return false;
    } else {
      const field = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
      if (!fieldHolds(field, condition as FilterScalar | FilterComparison)) return false;
    }
  }
  return true;
};

const fieldHolds = (field: JsonValue | undefined, condition: FilterScalar | FilterComparison): boolean => {
  const values: JsonValue[] =
    field === undefined ? [] : Array.isArray(field) ? (field as JsonValue[]) : [field];
  if (condition === null || typeof condition !== "object") return values.includes(condition);
  const { exists, ne, ...bounds } = condition;
  if (exists !== undefined && exists !== (field !== undefined)) return false;
  if (ne !== undefined && values.includes(ne)) return false;
  return Object.keys(bounds).length === 0 || values.some((value) => meetsAll(value, bounds));
};

const meetsAll = (value: JsonValue, { eq, in: among, gt, gte, lt, lte }: FilterComparison): boolean => {
  if (eq !== undefined && value !== eq) return false;
  if (among !== undefined && !among.some((one) => one === value)) return false;
  for (const [bound, meets] of [
    [gt, (a: string | number, b: string | number) => a > b],
    [gte, (a: string | number, b: string | number) => a >= b],
    [lt, (a: string | number, b: string | number) => a < b],
    [lte, (a: string | number, b: string | number) => a <= b],
  ] as const) {
    if (bound === undefined) continue;
    const alike =
      (typeof value === "number" && typeof bound === "number") ||
      (typeof value === "string" && typeof bound === "string");
    if (!alike || !meets(value, bound)) return false;
  }
  return true;
};
