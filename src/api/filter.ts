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
 * Conditions over metadata, all of which must hold. A key names a metadata field; `not` holds one filter that must
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

/** Depth first, so that what follows can recurse. */
export const filter = checked<Filter>((value) => valueFault(value))
  .pipe(conditions)
  .openapi("Filter", {
    type: "object",
    additionalProperties: true,
    description:
      "Conditions over metadata, all of which must hold. A key names a field, its value what the field equals or an " +
      "object of comparisons (`eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in`, `exists`). `not` holds a filter that must " +
      "fail, `any` a list of filters of which one must hold. A field that is a list matches where one of its elements does.",
    example: {
      owner: "ann",
      year: { gte: 2020, lt: 2024 },
      any: [{ tag: "fox" }, { tag: { in: ["owl", "hare"] } }],
    },
  });

export type FilterBody = z.input<typeof filter>;
