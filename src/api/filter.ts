import { z } from "@hono/zod-openapi";
import { checked, optional, valueFault } from "./values.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const bound = z.union([z.number(), z.string()], { error: "must be a number or a string" });

/** Every operator with what may stand behind it. `collections/filter.ts` holds a test for each. */
const operators = {
  eq: optional(scalar),
  ne: optional(scalar),
  gt: optional(bound),
  gte: optional(bound),
  lt: optional(bound),
  lte: optional(bound),
  in: optional(z.array(scalar).readonly()),
  exists: optional(z.boolean()),
};

const comparison = z.strictObject(operators).refine((value) => Object.keys(value).length > 0, {
  error: "must name a comparison: eq, ne, gt, gte, lt, lte, in or exists",
  when: ({ issues }) => issues.length === 0,
});

export type FilterScalar = z.output<typeof scalar>;
export type FilterComparison = z.output<typeof comparison>;
export type FilterOperator = keyof typeof operators;
export type FilterOperand<Op extends FilterOperator> = Exclude<FilterComparison[Op], undefined>;

/**
 * Conditions over metadata that must all hold. A key names a metadata field; `not` holds one filter that must
 * fail, `any` a list of which one must hold. A field whose value is a list matches where one of its elements does.
 *
 * @example
 * ```ts
 * const filter: Filter = { owner: "ann", year: { gte: 2020, lt: 2024 }, not: { tag: { in: ["draft", "private"] } } };
 * ```
 */
export interface Filter {
  readonly not?: Filter;
  readonly any?: readonly Filter[];
  readonly [field: string]: FilterScalar | FilterComparison | Filter | readonly Filter[] | undefined;
}

const condition = z.union([comparison, scalar], {
  error: "must be a string, a number, true, false, null or an object of comparisons",
});

const conditions: z.ZodType<Filter, Filter> = z
  .object({
    not: optional(z.lazy(() => conditions)),
    any: optional(z.array(z.lazy(() => conditions)).min(1)),
  })
  .catchall(condition);

/** Values and keys in one filter, so that reading it is bounded. */
const MAX_VALUES = 50_000;
/** Conditions that each anchor is tested against one by one. */
export const MAX_CONDITIONS = 512;

const countValues = (value: unknown): number => {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const item of Object.values(value)) if ((count += countValues(item)) > MAX_VALUES) break;
  return count;
};

/** Alternatives of an `any`: those that ask for one field's value, as sets, and the others. */
export interface Alternatives {
  readonly sets: ReadonlyMap<string, ReadonlySet<FilterScalar>>;
  readonly others: readonly Filter[];
}

/**
 * Gathers the alternatives of an `any` that ask for one value of one field, so that an anchor is tested against all of
 * them at once.
 *
 * @example
 * ```ts
 * groupAlternatives([{ tag: "fox" }, { tag: { in: ["owl"] } }]).sets.get("tag"); // Set { "fox", "owl" }
 * ```
 */
export const groupAlternatives = (filters: readonly Filter[]): Alternatives => {
  const sets = new Map<string, Set<FilterScalar>>();
  const others: Filter[] = [];
  for (const filter of filters) {
    const [[key, condition] = ["not", undefined], ...more] = Object.entries(filter);
    const values = more.length > 0 || key === "not" || key === "any" ? null : valuesOf(condition);
    if (values === null) others.push(filter);
    else {
      const set = sets.get(key) ?? new Set<FilterScalar>();
      for (const value of values) set.add(value);
      sets.set(key, set);
    }
  }
  return { sets, others };
};

/** The values of a condition that asks for nothing but one of them; null for any other. */
const valuesOf = (condition: Filter[string]): readonly FilterScalar[] | null => {
  if (condition === undefined) return null;
  if (typeof condition !== "object" || condition === null) return [condition];
  const [[operator, operand] = ["", undefined], ...more] = Object.entries(condition);
  if (more.length > 0) return null;
  if (operator === "eq") return isValue(operand) ? [operand] : null;
  return operator === "in" && Array.isArray(operand) && operand.every(isValue) ? operand : null;
};

const isValue = (value: unknown): value is FilterScalar =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

const countConditions = (filter: Filter): number =>
  Object.entries(filter).reduce((sum, [key, condition]) => {
    if (key === "not" && filter.not !== undefined) return sum + countConditions(filter.not);
    if (key !== "any" || filter.any === undefined)
      return sum + (typeof condition === "object" && condition !== null ? Object.keys(condition).length : 1);
    const { sets, others } = groupAlternatives(filter.any);
    return others.reduce((inner, other) => inner + Math.max(1, countConditions(other)), sum + sets.size);
  }, 0);

/** Depth and size first, so that what follows can recurse. */
export const filter = checked<Filter>((value) =>
  countValues(value) > MAX_VALUES
    ? { path: [], message: `must hold at most ${MAX_VALUES} values` }
    : valueFault(value),
)
  .pipe(conditions)
  .refine((value) => countConditions(value) <= MAX_CONDITIONS, {
    error:
      `must have at most ${MAX_CONDITIONS} conditions; alternatives of "any" that ask for a value of one field ` +
      "count once for each field",
  })
  .openapi("Filter", {
    type: "object",
    additionalProperties: true,
    description:
      "Conditions over metadata, all of which must hold. A key names a field, its value what the field equals or an " +
      "object of comparisons (`eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `exists`). `not` holds a filter that must " +
      "fail, `any` a list of filters of which one must hold. A field that is a list matches where one of its elements does. " +
      `At most ${MAX_CONDITIONS} conditions (alternatives that ask for a value of one field count once for each field) and ` +
      `${MAX_VALUES} values.`,
    example: {
      owner: "ann",
      year: { gte: 2020, lt: 2024 },
      any: [{ tag: "fox" }, { tag: { in: ["owl", "hare"] } }],
    },
  });

export type FilterBody = z.input<typeof filter>;
