import { classify } from "../asif/index.ts";
import { openAnchorSpace, type AnchorSpace } from "../retrieval/index.ts";
import type { AnchorId, AsifParameters, Sequence, TransformKind } from "../types.ts";

export interface TrialAnchor {
  readonly id: AnchorId;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** Images whose classes are known, and the classes to tell apart. */
export interface Questions {
  readonly images: readonly Float32Array[];
  /** Of each image, the index of its class. */
  readonly truths: readonly number[];
  /** The vectors of each class's prompts. */
  readonly classes: readonly { readonly prompts: readonly Float32Array[] }[];
}

export interface TrialSettings extends AsifParameters {
  readonly transform: TransformKind;
}

/** A collection's memory of these anchors alone, as the service has it. The caller closes it. */
export const openTrialSpace = async (
  anchors: readonly TrialAnchor[],
  transform: TransformKind,
): Promise<AnchorSpace> => {
  const [first] = anchors;
  if (first === undefined) throw new RangeError("a trial needs an anchor");
  const space = await openAnchorSpace({
    imageDimension: first.imageVector.length,
    textDimension: first.textVector.length,
    transform,
  });
  space.apply({
    sequence: 1 as Sequence,
    upserts: anchors.map((anchor) => ({ ...anchor, caption: null, metadata: {} })),
    deletes: [],
  });
  return space;
};

/**
 * The rank of the true class of each image; 1 is the best. By the code that serves queries: the best prompt of a class
 * counts, and classes of equal score come in their order.
 */
export const ranksIn = async (
  space: AnchorSpace,
  { images, truths, classes }: Questions,
  { k, p, transform }: TrialSettings,
): Promise<number[]> => {
  const answers = await classify(space.view(), {
    images: concatenate(images),
    prompts: concatenate(classes.flatMap(({ prompts }) => prompts)),
    classes: classes.map(({ prompts }, index) => ({ name: String(index), prompts: prompts.length })),
    ensemble: "max",
    top: classes.length,
    explain: 0,
    settings: { k, p, transform },
  });
  return answers.map((answer, i) => {
    const truth = String(truths[i]);
    return 1 + answer.classes.findIndex(({ name }) => name === truth);
  });
};

/** Rows of one length, `[n, d]`. */
const concatenate = (rows: readonly Float32Array[]): Float32Array => {
  const dimension = rows[0]?.length ?? 0;
  const result = new Float32Array(rows.length * dimension);
  rows.forEach((row, i) => result.set(row, i * dimension));
  return result;
};
