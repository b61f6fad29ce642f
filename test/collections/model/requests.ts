import fc from "fast-check";
import type { Input } from "../../../src/api/inputs.ts";
import type { Ensemble } from "../../../src/types.ts";
import type { ClassifyRequest, RelativeRequest, SearchRequest } from "../../../src/api/queries.ts";
import type { Modality } from "../../../src/types.ts";
import { input } from "./anchors.ts";
import { filter } from "./filters.ts";

/** What makes one collection unlike another: its ids, its vectors, and what is asked of it. */
export interface Scale {
  readonly id: fc.Arbitrary<string>;
  readonly vector: (modality: Modality) => fc.Arbitrary<number[]>;
  /** How many neighbours a representation keeps. */
  readonly k: fc.Arbitrary<number>;
  /** Anchors that it begins with. */
  readonly base: number;
}

const modality = fc.constantFrom<Modality>("image", "text");
const limit = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(50, 1_000, 5_000));
const p = fc.constantFrom(1, 2, 8);

const optional = <T extends object>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<
  Partial<T>
> => fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

export const searches = ({ id, vector, k }: Scale): fc.Arbitrary<SearchRequest> =>
  modality.chain((from) => {
    const common = { query: input(id, vector(from), from), limit };
    const plain = fc.tuple(
      fc.record({
        ...common,
        target: fc.constant(from),
        transform: fc.constantFrom("none", "center", "whiten"),
      }),
      optional({ filter, exact: fc.boolean(), ef: fc.integer({ min: 1, max: 2_000 }) }),
    );
    const asif = fc.tuple(
      fc.record({ ...common, target: modality, mode: fc.constant("asif"), k, p }),
      optional({ filter, exact: fc.constant(true) }),
    );
    return fc
      .oneof({ arbitrary: plain, weight: 3 }, { arbitrary: asif, weight: 1 })
      .map(([given, more]) => ({ ...given, ...more }));
  });

export const relatives = ({ id, vector, k }: Scale): fc.Arbitrary<RelativeRequest> =>
  modality.chain((from) =>
    fc.record({
      exact: fc.boolean(),
      inputs: fc.array(input(id, vector(from), from), { minLength: 1, maxLength: 40 }),
      modality: fc.constant(from),
      k,
      p,
    }),
  );

/** Exact, for an answer does not say of which index it is. */
/** A classification by vectors, whose prompts cannot be joined. */
export type ModelClassification = Omit<ClassifyRequest, "ensemble"> & { readonly ensemble?: Ensemble };

export const classifications = ({ id, vector, k }: Scale): fc.Arbitrary<ModelClassification> => {
  const some = (of: Modality): fc.Arbitrary<Input[]> =>
    fc.array(input(id, vector(of), of), { minLength: 1, maxLength: 3 });
  const several = fc
    .array(some("text"), { minLength: 1, maxLength: 4 })
    .map((all) => all.map((prompts, i) => ({ name: String(i), prompts })));
  const ensemble = fc.constantFrom("max", "mean");
  return fc
    .tuple(
      fc.oneof(
        fc.record({ images: some("image"), classes: several, ensemble, k, p }),
        // The same classes again and again, of which the representations are remembered.
        fc.record({
          images: some("image"),
          classes: fc.constant(CLASSES),
          k: fc.constant(50),
          p: fc.constant(2),
        }),
      ),
      optional({ filter }),
    )
    .map(([given, more]) => ({ ...given, ...more, exact: true }));
};

const CLASSES = [
  { name: "one axis", prompts: [{ vector: [1, 0, 0, 0, 0, 0] }] },
  { name: "two", prompts: [{ vector: [0, 1, 0, 0, 0, 0] }, { vector: [0, 0, 1, 0, 0, 0] }] },
];
