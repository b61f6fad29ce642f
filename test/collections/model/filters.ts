import fc from "fast-check";
import type { Filter, FilterComparison, FilterScalar } from "../../../src/api/filter.ts";
import { size, tag, year } from "./anchors.ts";

const anything = fc.oneof(year, tag, size, fc.constantFrom(null, true, false, "2020", 2019.5));

/** Mostly conditions that may hold of the field, and some that never do. */
const conditionOn = (likely: fc.Arbitrary<FilterScalar>, bound: fc.Arbitrary<number | string>) => {
  const scalar = fc.oneof({ arbitrary: likely, weight: 5 }, { arbitrary: anything, weight: 1 });
  const some = { maxLength: 3 };
  const comparison = fc
    .record(
      {
        eq: scalar,
        ne: scalar,
        gt: bound,
        gte: bound,
        lt: bound,
        lte: bound,
        in: fc.array(scalar, some),
        exists: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    .filter((given) => Object.keys(given).length > 0);
  const one = fc.oneof(
    ...(["eq", "ne", "gt", "gte", "lt", "lte"] as const).map((key) =>
      (key === "eq" || key === "ne" ? scalar : bound).map((value): FilterComparison => ({ [key]: value })),
    ),
    fc.array(scalar, some).map((among): FilterComparison => ({ in: among })),
  );
  return fc.oneof(
    { arbitrary: scalar, weight: 2 },
    { arbitrary: one, weight: 4 },
    { arbitrary: comparison, weight: 1 },
  );
};

const conditions: fc.Arbitrary<Filter> = fc.oneof(
  conditionOn(year, year).map((condition): Filter => ({ year: condition })),
  conditionOn(tag, tag).map((condition): Filter => ({ tags: condition })),
  conditionOn(fc.oneof(size, tag), fc.oneof(size, tag)).map((condition): Filter => ({ sizes: condition })),
  conditionOn(fc.boolean(), size).map((condition): Filter => ({ flag: condition })),
  fc
    .tuple(fc.constantFrom("deep", "missing", "toString"), conditionOn(anything, tag))
    .map(([name, condition]): Filter => ({ [name]: condition })),
);

/** Every operator, alone or together. */
export const filter: fc.Arbitrary<Filter> = fc.oneof(
  { arbitrary: conditions, weight: 4 },
  { arbitrary: fc.tuple(conditions, conditions).map(([a, b]): Filter => ({ ...a, ...b })), weight: 1 },
  { arbitrary: fc.tuple(conditions, conditions).map(([a, not]): Filter => ({ ...a, not })), weight: 1 },
  { arbitrary: conditions.map((not): Filter => ({ not })), weight: 1 },
  {
    arbitrary: fc.array(conditions, { minLength: 1, maxLength: 3 }).map((any): Filter => ({ any })),
    weight: 1,
  },
);
