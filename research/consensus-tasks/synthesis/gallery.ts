import { createRandom } from "../../../src/math/random.ts";
import { applyTransform, fitTransform, unitRows } from "../../../src/retrieval/index.ts";
import { createSubstrate, largest, type Substrate } from "./substrate.ts";

/** An image with what is known of it. */
export interface Picture {
  /** Of pictures of the same thing it is the same. */
  readonly thing: string;
  readonly tags: readonly string[];
  readonly image: Float32Array;
  /** Of its caption. */
  readonly text: Float32Array;
}

/** Pictures that are known, others that are not, and tags that both have. */
export interface Gallery {
  readonly substrate: Substrate;
  /** Of each anchor. */
  readonly tags: readonly ReadonlySet<string>[];
  readonly heldOut: readonly { readonly tags: ReadonlySet<string>; readonly vector: Float32Array }[];
  /** Each with the vector of its text, as anchors' texts are shown. */
  readonly targets: readonly { readonly tag: string; readonly text: Float32Array }[];
}

/** Things and pictures that a tag must have, among the anchors and among the others. */
const THINGS = 2;
const PICTURES = 10;

/**
 * Shows all pictures as a whitening fitted on the anchors does.
 *
 * @param textOf the vector of a tag
 * @param seed shuffles the tags
 */
export const createGallery = async (
  anchors: readonly Picture[],
  others: readonly Picture[],
  textOf: (tag: string) => Float32Array | undefined,
  seed: number,
): Promise<Gallery> => {
  const images = await shown(
    anchors.map(({ image }) => image),
    [others.map(({ image }) => image)],
  );
  const [known, unknown] = [countsOf(anchors), countsOf(others)];
  const names = createRandom(seed)
    .shuffle([...known.keys()].sort())
    .filter((tag) => isCommon(known.get(tag)) && isCommon(unknown.get(tag)))
    .filter((tag) => textOf(tag) !== undefined);
  const texts = await shown(
    anchors.map(({ text }) => text),
    [names.flatMap((tag) => textOf(tag) ?? [])],
  );
  return {
    substrate: createSubstrate(images.first, texts.first, anchors.length),
    tags: anchors.map(({ tags }) => new Set(tags)),
    heldOut: others.map(({ tags }, i) => ({
      tags: new Set(tags),
      vector: rowOf(images.others[0], i, others.length),
    })),
    targets: names.map((tag, i) => ({ tag, text: rowOf(texts.others[0], i, names.length) })),
  };
};

/** The share of the ten unknown pictures nearest to a vector that have a tag. */
export const precisionAt10 = ({ heldOut }: Gallery, vector: readonly number[], tag: string): number => {
  const near = nearestTo({ heldOut }, vector, 10);
  return near.filter((i) => heldOut[i]?.tags.has(tag) === true).length / near.length;
};

export const nearestTo = (
  { heldOut }: Pick<Gallery, "heldOut">,
  vector: readonly number[],
  k: number,
): number[] => {
  const scores = Float32Array.from(heldOut, ({ vector: other }) => {
    let sum = 0;
    for (let j = 0; j < vector.length; j++) sum += (vector[j] ?? 0) * (other[j] ?? 0);
    return sum;
  });
  return [...largest(scores, k)];
};

interface Count {
  readonly things: Set<string>;
  pictures: number;
}

const isCommon = (count: Count | undefined): boolean =>
  count !== undefined && count.things.size >= THINGS && count.pictures >= PICTURES;

const countsOf = (pictures: readonly Picture[]): Map<string, Count> => {
  const counts = new Map<string, Count>();
  for (const { thing, tags } of pictures)
    for (const tag of new Set(tags)) {
      const count = counts.get(tag) ?? { things: new Set(), pictures: 0 };
      count.things.add(thing);
      count.pictures++;
      counts.set(tag, count);
    }
  return counts;
};

const shown = async (
  fitted: readonly Float32Array[],
  others: readonly (readonly Float32Array[])[],
): Promise<{ readonly first: Float32Array; readonly others: readonly Float32Array[] }> => {
  const d = fitted[0]?.length ?? 0;
  const rows = joined(fitted);
  const fit = await fitTransform("whiten", unitRows(rows, d), d);
  const show = (vectors: Float32Array): Promise<Float32Array> => applyTransform(fit, vectors, d);
  return { first: await show(rows), others: await Promise.all(others.map((each) => show(joined(each)))) };
};

const joined = (vectors: readonly Float32Array[]): Float32Array => {
  const d = vectors[0]?.length ?? 0;
  const rows = new Float32Array(vectors.length * d);
  vectors.forEach((vector, i) => rows.set(vector, i * d));
  return rows;
};

const rowOf = (rows: Float32Array | undefined, i: number, count: number): Float32Array => {
  const d = (rows?.length ?? 0) / count;
  return rows?.slice(i * d, (i + 1) * d) ?? new Float32Array();
};
