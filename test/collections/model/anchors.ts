import fc from "fast-check";
import type { Input } from "../../../src/api/inputs.ts";
import type { Anchor } from "../../../src/api/anchors.ts";
import type { AnchorId, Metadata, Modality } from "../../../src/types.ts";
import { exactUnit } from "../../support/anchor-space.ts";
import { normals, seededRandom } from "../../support/random.ts";

export const [IMAGE, TEXT] = [8, 6];
export const DIMENSIONS = { image: IMAGE, text: TEXT } as const;

/** What an anchor is written with, but for its caption. */
export interface Sketch {
  readonly id: string;
  readonly captioned: boolean;
  readonly metadata: Metadata;
  readonly image: readonly number[];
  readonly text: readonly number[];
}

/** Few ids, so that they are written again, in another order in UTF-16 than in UTF-8. */
const POOL = ["a", "b", "B", "b0", "ä", "\u{1f98a}", "\uffee", "a/b", " ", "zz", "%", "'"];
/** Those of a collection that is large enough for snapshots, and some that are not there at first. */
export const baseId = (i: number): string => `b${String(i).padStart(4, "0")}`;

export const smallId = fc.constantFrom(...POOL);
export const largeId = fc.oneof(smallId, fc.nat(1_120).map(baseId));

/** Powers of two, which leave a direction as it is to the last bit, down to the least that float32 holds. */
const SCALES = [1, 1, 1, 2 ** -148, 2 ** -100, 0.5, 2 ** 60, 2 ** 126];

/** Similarities of these are exact in float32, and often equal. */
export const exactVector = (modality: Modality): fc.Arbitrary<number[]> =>
  fc
    .tuple(exactUnit(DIMENSIONS[modality]), fc.constantFrom(...SCALES))
    .map(([unit, scale]) => unit.map((value) => value * scale));

/** Vectors without structure, of which seeds that are equal give equal ones. */
export const anyVector = (modality: Modality): fc.Arbitrary<number[]> =>
  fc.oneof(
    exactVector(modality),
    fc.nat(40).map((seed) => [...normals(DIMENSIONS[modality], seededRandom(seed))]),
  );

export const size = fc.integer({ min: 0, max: 9 });
export const year = fc.integer({ min: 2018, max: 2022 });
const TAGS = ["red", "blue", "Ä"];
export const tag = fc.constantFrom(...TAGS);
export const metadata: fc.Arbitrary<Metadata> = fc.record(
  {
    year: fc.oneof(year, fc.constantFrom(null, "2020", 2019.5)),
    tags: fc.oneof(tag, fc.array(tag, { maxLength: 3 })),
    flag: fc.boolean(),
    sizes: fc.array(fc.oneof(size, tag), { maxLength: 3 }),
    deep: fc.constant({ in: { it: [null] } }),
  },
  { requiredKeys: [] },
);

export const sketch = (
  id: fc.Arbitrary<string>,
  vector: (modality: Modality) => fc.Arbitrary<number[]>,
): fc.Arbitrary<Sketch> =>
  fc.record({ id, captioned: fc.boolean(), metadata, image: vector("image"), text: vector("text") });

export const sketches = (one: fc.Arbitrary<Sketch>): fc.Arbitrary<Sketch[]> =>
  fc.uniqueArray(one, { minLength: 1, maxLength: 6, selector: ({ id }) => id });

/** A vector, or an anchor's; whether there is such an anchor is for the moment to say. */
export const input = (
  id: fc.Arbitrary<string>,
  vector: fc.Arbitrary<number[]>,
  modality: Modality,
): fc.Arbitrary<Input> =>
  fc.oneof(
    { weight: 5, arbitrary: vector.map((values) => ({ vector: values, modality })) },
    { weight: 1, arbitrary: id.map((one) => ({ anchor: one as AnchorId, modality })) },
  );

export const anchorInput = (
  { id, metadata: given, image, text }: Sketch,
  caption: string | null,
): Anchor => ({
  id: id as AnchorId,
  ...(caption === null ? {} : { text: caption }),
  metadata: given,
  imageVector: image,
  textVector: text,
});

/** Anchors without structure, enough for snapshots; another `version` has other vectors. */
export const baseSketches = (first: number, count: number, version: number): Sketch[] => {
  const random = seededRandom(first + 1_000 * version);
  return Array.from({ length: count }, (_, i) => ({
    id: baseId(first + i),
    captioned: i % 3 > 0,
    metadata: { year: 2018 + (i % 5), tags: TAGS.slice(0, i % 4), sizes: [i % 10, (7 * i) % 3] },
    image: [...normals(IMAGE, random)],
    text: [...normals(TEXT, random)],
  }));
};
