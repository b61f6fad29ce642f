import { parametersFor, scoreByMethod, type LocalMethod } from "../../../asif/index.ts";
import { openAnchorSpace, readProfile, type AnchorSpace } from "../../../retrieval/index.ts";
import type { AnchorId, Sequence, Transform } from "../../../types.ts";
import { undefinedScore } from "./classes.ts";
import type { Numbers, TransferScorer } from "./types.ts";

/** Parts that the labels are dealt into, each of at least two; every part is held out once. */
const FOLDS = 5;
const FEWEST_LABELS = 4;
/** Rows that are classified at once. */
const BATCH = 256;
/** Features are compared as they come, labels as collections do by default. */
const TRANSFORM: Transform = { image: { kind: "none" }, text: { kind: "whiten", power: 0.6 } };

/**
 * The share of rows whose label is told rightly by rows of other labels alone: labels are held out in five parts, the other
 * rows with the first label embeddings are anchors, and each held-out row is asked for its label among those of its part,
 * by a method of the service. So it measures how a collection answers classes that no anchor shows.
 *
 * Labels are dealt in their order; the text of a class is the label embedding of its first row. Without classes, rows of
 * equal label embeddings are of one.
 */
const localScorer = (method: LocalMethod): TransferScorer => ({
  name: method,
  needs: ["fLabels"],
  score: async (input, _options, signal) => {
    const { embeddings, fLabels: [label] = [] } = input;
    if (label === undefined) throw undefinedScore(["fLabels"], `${method} needs a label embedding`);
    const images = rowsOf(embeddings.data, embeddings.d);
    const texts = rowsOf(label.data, label.columns);
    const ids = input.classes ?? equalRows(texts);
    const count = new Set(ids).size;
    if (count < FEWEST_LABELS)
      throw undefinedScore(
        [input.classes === undefined ? "fLabels" : "classes"],
        `${method} holds labels out and needs at least ${FEWEST_LABELS} different ones; there are ${count}`,
      );
    const rows = images.map((image, i): Row => ({ image, text: texts[i] ?? image, id: ids[i] ?? 0 }));
    const folds = Math.min(FOLDS, Math.floor(count / 2));
    let right = 0;
    for (let fold = 0; fold < folds; fold++)
      right += await rightIn(method, rows, (id) => id % folds === fold, signal);
    return { score: right / rows.length, diagnostics: { labels: count, folds, right } };
  },
});

export const local = localScorer("local");
export const asifLocal = localScorer("asif+local");

interface Row {
  readonly image: Float32Array;
  readonly text: Float32Array;
  readonly id: number;
}

/** Number of held-out rows that the others classify correctly. */
const rightIn = async (
  method: LocalMethod,
  rows: readonly Row[],
  isHeldOut: (id: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<number> => {
  const asked = rows.filter(({ id }) => isHeldOut(id));
  const prompts = new Map(asked.toReversed().map(({ id, text }) => [id, text]));
  const classes = [...prompts.keys()];
  const space = await spaceOf(rows.filter(({ id }) => !isHeldOut(id)));
  try {
    const view = space.view();
    const settings = {
      ...parametersFor({ k: "auto", p: "auto" }, TRANSFORM, view.size),
      transform: TRANSFORM,
    };
    let right = 0;
    for (let first = 0; first < asked.length; first += BATCH) {
      signal?.throwIfAborted();
      const batch = asked.slice(first, first + BATCH);
      const scores = await scoreByMethod(
        view,
        method,
        joined(batch.map(({ image }) => image)),
        joined([...prompts.values()]),
        settings,
      );
      batch.forEach(({ id }, i) => {
        const own = scores.subarray(i * classes.length, (i + 1) * classes.length);
        if (classes[own.indexOf(Math.max(...own))] === id) right++;
      });
    }
    return right;
  } finally {
    space.close();
  }
};

const spaceOf = async (rows: readonly Row[]): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: rows[0]?.image.length ?? 1,
    textDimension: rows[0]?.text.length ?? 1,
    transform: TRANSFORM,
    // Exact search only: the method is measured, not an index.
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  space.apply({
    sequence: 1 as Sequence,
    upserts: rows.map(({ image, text }, i) => ({
      id: String(i) as AnchorId,
      caption: null,
      metadata: {},
      imageVector: image,
      textVector: text,
    })),
    deletes: [],
  });
  return space;
};

const rowsOf = (data: Numbers["data"], columns: number): Float32Array[] => {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  return Array.from({ length: values.length / columns }, (_, i) =>
    values.subarray(i * columns, (i + 1) * columns),
  );
};

/** The group of each row, of those that are equal to it; groups count from 0 in the order of their first rows. */
const equalRows = (rows: readonly Float32Array[]): Int32Array => {
  const known = new Map<string, number>();
  return Int32Array.from(rows, (row) => {
    const key = Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("latin1");
    const id = known.get(key) ?? known.size;
    known.set(key, id);
    return id;
  });
};

const joined = (rows: readonly Float32Array[]): Float32Array => {
  const columns = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => all.set(row, i * columns));
  return all;
};
