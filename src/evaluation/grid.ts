import { represent, scoreRows, type RelativeRepresentations } from "../asif/index.ts";
import type { AnchorSpace, Neighbours } from "../retrieval/index.ts";
import { outcomeOf, type Run } from "./outcome.ts";
import type { RunOptions, Tasks } from "./subsets.ts";
import type { Accuracy } from "./summary.ts";
import { concatenate, openTrialSpace, rankOf, ranksIn, type Questions, type TrialSettings } from "./trial.ts";

const ALL_KS = [25, 50, 100, 200, 400, 800, 1_600, 3_200];
const PS = [1, 2, 3, 4, 6, 8, 12, 16];
/** Searched at once. */
const ROWS_A_BATCH = 512;

/** Accuracy over ASIF's two parameters. */
export interface Grid {
  readonly ks: readonly number[];
  readonly ps: readonly number[];
  /** By k, and for each by p. */
  readonly cells: readonly {
    readonly k: number;
    readonly p: number;
    readonly accuracies: readonly Accuracy[];
  }[];
}

/** The ks that differ from each other where there are so many anchors. */
export const gridKs = (anchors: number): number[] => {
  const ks = ALL_KS.filter((k) => k < anchors);
  return ks.length < ALL_KS.length ? [...ks, anchors] : ks;
};

/**
 * Accuracy for every k and p of a grid, with all anchors of each run.
 *
 * @param settings whose k and p do not matter
 * @throws the signal's reason where it aborts.
 */
export const runGrid = async (
  { taskOf, same }: Tasks,
  settings: TrialSettings,
  { seeds, signal, onProgress }: RunOptions,
): Promise<Grid> => {
  const first = taskOf(0);
  const ks = gridKs(first.anchors.length);
  const places = ks.flatMap((k) => PS.map((p) => ({ k, p })));
  const runs = places.map((): Run[] => []);
  const rounds = same ? 1 : seeds;
  for (let seed = 0; seed < rounds; seed++) {
    const task = taskOf(seed);
    const space = await openTrialSpace(task.anchors, settings.transform);
    try {
      const quick = settings.method === undefined || settings.method === "asif";
      const ranksAt = quick
        ? await asifRanks(space, task, settings, Math.max(...ks))
        : (k: number, p: number) => ranksIn(space, task, { ...settings, k, p });
      for (const [i, { k, p }] of places.entries()) {
        signal.throwIfAborted();
        onProgress(seed * places.length + i, rounds * places.length);
        const ranks = await ranksAt(k, p);
        const results = ranks.map((rank, at) => ({ rank, subject: task.subjects[at] ?? "" }));
        runs[i]?.push({ anchors: task.anchors.length, results });
      }
    } finally {
      space.close();
    }
  }
  onProgress(rounds * places.length, rounds * places.length);
  const cells = places.map((place, i) => ({
    ...place,
    accuracies: outcomeOf(place, runs[i] ?? [], first.classes.length).accuracies,
  }));
  return { ks, ps: PS, cells };
};

/** What {@link ranksIn} gives for any k up to `largest` and any p; the nearest anchors are searched once for all. */
export const asifRanks = async (
  space: AnchorSpace,
  { images, truths, classes }: Questions,
  { transform }: TrialSettings,
  largest: number,
): Promise<(k: number, p: number) => Promise<number[]>> => {
  const view = space.view();
  const search = async (modality: "image" | "text", rows: readonly Float32Array[]): Promise<Neighbours[]> => {
    const found: Neighbours[] = [];
    for (let first = 0; first < rows.length; first += ROWS_A_BATCH) {
      const batch = concatenate(rows.slice(first, first + ROWS_A_BATCH));
      found.push((await view.search(modality, batch, { k: largest, transform, exact: true })).neighbours);
    }
    return found;
  };
  const imageRows = await search("image", images);
  const textRows = await search(
    "text",
    classes.flatMap(({ prompts }) => prompts),
  );
  const sizes = classes.map(({ prompts }) => prompts.length);
  return async (k, p) => {
    const texts = joined(textRows.map((rows) => represent(nearest(rows, k), p)));
    const ranks: number[] = [];
    for (const rows of imageRows) {
      await scoreRows(represent(nearest(rows, k), p), texts, view.slotCount, (_, scores) => {
        ranks.push(rankOf(scores, sizes, truths[ranks.length] ?? -1));
      });
    }
    return ranks;
  };
};

/** The k first of each row; the rest stays where it is and does not count. */
const nearest = (rows: Neighbours, k: number): Neighbours => ({
  ...rows,
  counts: rows.counts.map((count) => Math.min(count, k)),
});

/** Sparse rows one after another. */
const joined = (parts: readonly RelativeRepresentations[]): RelativeRepresentations => {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const entries = parts.reduce((sum, part) => sum + part.slots.length, 0);
  const offsets = new Int32Array(count + 1);
  const slots = new Int32Array(entries);
  const values = new Float64Array(entries);
  const similarities = new Float32Array(entries);
  let row = 0;
  let filled = 0;
  for (const part of parts) {
    for (let i = 1; i <= part.count; i++) offsets[row + i] = filled + (part.offsets[i] ?? 0);
    slots.set(part.slots, filled);
    values.set(part.values, filled);
    similarities.set(part.similarities, filled);
    row += part.count;
    filled += part.slots.length;
  }
  return { count, offsets, slots, values, similarities };
};
