import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filter as filterSchema, groupAlternatives, type Filter } from "../../src/api/filter.ts";
import { filterView } from "../../src/collections/filter.ts";
import { compileFilter } from "../../src/collections/index.ts";
import type { Metadata } from "../../src/types.ts";

const holds = (filter: Filter, metadata: Metadata): boolean => compileFilter(filter)(metadata);

/** For filters that no schema has seen. */
const compile = (filter: object) => () => compileFilter(filter as Filter);

const scalars = fc.constantFrom("x", "y", 1, 2, true, null);
const filters: fc.Arbitrary<Filter> = fc.dictionary(
  fc.constantFrom("a", "b"),
  fc.oneof(
    scalars,
    fc.record({ eq: scalars }),
    fc.record({ in: fc.array(scalars, { maxLength: 3 }) }),
    fc.record({ ne: scalars }),
    fc.record({ gt: fc.constantFrom(0, 1) }),
  ),
  { maxKeys: 2 },
);

describe("a filter over metadata", () => {
  it("holds for every anchor where it names no condition", () => {
    expect(holds({}, {})).toBe(true);
  });

  it("compares a scalar by equality, without conversion", () => {
    expect(holds({ owner: "ann" }, { owner: "ann" })).toBe(true);
    expect(holds({ owner: "ann" }, { owner: "bob" })).toBe(false);
    expect(holds({ year: 2020 }, { year: "2020" })).toBe(false);
    expect(holds({ owner: "ann" }, {})).toBe(false);
  });

  it("tells null from an absent field", () => {
    expect(holds({ owner: null }, { owner: null })).toBe(true);
    expect(holds({ owner: null }, {})).toBe(false);
  });

  it("requires all of its keys and all bounds of a comparison", () => {
    const filter: Filter = { owner: "ann", year: { gte: 2020, lt: 2024 } };
    expect(holds(filter, { owner: "ann", year: 2020 })).toBe(true);
    expect(holds(filter, { owner: "ann", year: 2024 })).toBe(false);
    expect(holds(filter, { owner: "bob", year: 2021 })).toBe(false);
  });

  it("orders numbers among numbers and strings among strings only", () => {
    expect(holds({ day: { gt: "2024-01-01" } }, { day: "2024-06-01" })).toBe(true);
    expect(holds({ year: { gt: 2000 } }, { year: "2024" })).toBe(false);
    expect(holds({ flag: { gte: 0 } }, { flag: true })).toBe(false);
  });

  it("finds a value in a list of alternatives", () => {
    expect(holds({ tag: { in: ["a", 1, null] } }, { tag: null })).toBe(true);
    expect(holds({ tag: { in: [] } }, { tag: "a" })).toBe(false);
  });

  it("matches a field that is a list where one of its elements matches", () => {
    expect(holds({ tags: "red" }, { tags: ["blue", "red"] })).toBe(true);
    expect(holds({ sizes: { gt: 5 } }, { sizes: [1, 9] })).toBe(true);
    expect(holds({ tags: { ne: "red" } }, { tags: ["blue", "red"] })).toBe(false);
  });

  it("takes an absent field as different from any value, and asks for presence by exists", () => {
    expect(holds({ owner: { ne: "ann" } }, {})).toBe(true);
    expect(holds({ owner: { exists: false } }, {})).toBe(true);
    expect(holds({ owner: { exists: true } }, { owner: null })).toBe(true);
    expect(holds({ owner: { exists: true, in: ["ann"] } }, { owner: "bob" })).toBe(false);
  });

  it("negates with not and offers alternatives with any", () => {
    const filter: Filter = { not: { owner: "ann" }, any: [{ year: 2020 }, { year: 2021 }] };
    expect(holds(filter, { owner: "bob", year: 2021 })).toBe(true);
    expect(holds(filter, { owner: "ann", year: 2021 })).toBe(false);
    expect(holds(filter, { owner: "bob", year: 2022 })).toBe(false);
    expect(holds({ any: [] }, { owner: "bob" })).toBe(false);
  });

  it("never looks at what an object inherits", () => {
    expect(holds({ constructor: { exists: true } }, {})).toBe(false);
    expect(holds({ toString: { exists: false } }, {})).toBe(true);
  });

  it("is refused where it names an operator that nothing tests, rather than holding for every anchor", () => {
    for (const operator of ["like", "constructor", "not"]) {
      const filter = { year: { [operator]: 2020 } };
      expect(compile(filter)).toThrow(`filter.year.${operator}: is not a known operator`);
      expect(compile({ not: filter })).toThrow(`filter.not.year.${operator}`);
    }
  });

  it("is refused where a comparison, `not` or `any` holds nothing that could be tested", () => {
    expect(compile({ year: {} })).toThrow("filter.year: must name an operator");
    expect(compile({ not: "ann" })).toThrow("filter.not: must be a filter");
    expect(compile({ any: { owner: "ann" } })).toThrow("filter.any: must be a list of filters");
  });
});

describe("a large filter", () => {
  const tagged = (i: number): Filter => (i % 2 === 0 ? { tag: i } : { tag: { in: [i, `t${i}`] } });
  const many: Filter = { any: Array.from({ length: 10_000 }, (_, i) => tagged(i)) };

  it("tests alternatives that ask for one field's value as one condition", () => {
    expect(filterSchema.safeParse(many).success).toBe(true);
    const { sets, others } = groupAlternatives(many.any ?? []);
    expect([...sets.keys()]).toEqual(["tag"]);
    expect(others).toEqual([]);
  });

  it("matches what its alternatives match one by one", () => {
    fc.assert(
      fc.property(
        fc.array(filters, { minLength: 1, maxLength: 6 }),
        fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(scalars, fc.array(scalars, { maxLength: 3 }))),
        (any, metadata) => {
          expect(holds({ any }, metadata)).toBe(any.some((filter) => holds(filter, metadata)));
        },
      ),
    );
  });

  it("is refused with more conditions or values than its bounds", () => {
    const ranges = { any: Array.from({ length: 513 }, (_, i) => ({ year: { gt: i } })) };
    expect(filterSchema.safeParse(ranges).error?.issues[0]?.message).toMatch(
      /^must have at most 512 conditions/,
    );
    const values = { tag: { in: Array.from({ length: 50_001 }, (_, i) => i) } };
    expect(filterSchema.safeParse(values).error?.issues[0]?.message).toBe("must hold at most 50000 values");
  });

  it("is evaluated in slices: each anchor is a point at which other requests can be served", async () => {
    let looks = 0;
    let rests = 0;
    const slices = {
      due: () => ++looks % 10 === 0,
      rest: async () => {
        rests += 1;
        await Promise.resolve();
      },
    };
    const anchors = Array.from({ length: 1_000 }, (_, i) => ({ metadata: { tag: i } }));
    const view = {
      slotCount: anchors.length,
      isLive: () => true,
      entry: (slot: number) => anchors[slot] ?? { metadata: {} },
    };
    const bitmap = await filterView(view, { any: [{ tag: 3 }, { tag: 7 }] }, slices);
    expect({ looks, rests }).toEqual({ looks: 1_000, rests: 100 });
    expect([...bitmap.keys()].filter((slot) => bitmap[slot] === 1)).toEqual([3, 7]);
  });
});
