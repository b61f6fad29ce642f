import type { AnchorSpace, Neighbours } from "../../retrieval/index.ts";
import { rankGrid } from "../tuning/index.ts";
import type { Modality } from "../../types.ts";
import { outcomeOf, type Run } from "./outcome.ts";
import type { RunOptions, Tasks } from "./subsets.ts";
import type { Accuracy } from "./summary.ts";
import { concatenate, openTrialSpace, ranksIn, type Questions, type TrialSettings } from "./trial.ts";

const ALL_KS = [25, 50, 100, 200, 400, 800, 1_600, 3_200];
const PS = [1, 2, 3, 4, 6, 8, 12, 16];
/** Number of images searched at once. */
const ROWS_A_BATCH = 512;

/** Accuracy over ASIF's two parameters. */
export interface AccuracyGrid {
  readonly ks: readonly number[];
  readonly ps: readonly number[];
  /** By k, then by p. */
  readonly cells: readonly {
    readonly k: number;
    readonly p: number;
    readonly accuracies: readonly Accuracy[];
  }[];
}

/** The values of k that differ for that number of anchors. */
export const gridKs = (anchors: number): number[] => {
  const ks = ALL_KS.filter((k) => k < anchors);
  return ks.length < ALL_KS.length ? [...ks, anchors] : ks;
};

/**
 * Accuracy for every k and p of a grid, with all anchors of each run.
 *
 * @param settings whose k and p do not matter
 * @throws the signal's reason if it aborts.
 */
export const runGrid = async (
  { taskOf, same }: Tasks,
  settings: TrialSettings,
  { seeds, signal, onProgress }: RunOptions,
): Promise<AccuracyGrid> => {
  const first = taskOf(0);
  const ks = gridKs(first.anchors.length);
  const places = ks.flatMap((k) => PS.map((p) => ({ k, p })));
  const runs = places.map((): Run[] => []);
  const rounds = same ? 1 : seeds;
  for (let seed = 0; seed < rounds; seed++) {
    const task = taskOf(seed);
    const space = await openTrialSpace(task.anchors, settings.transform);
    try {
      let done = seed * places.length;
      const onRanks = (k: number, p: number, ranks: Iterable<number>): void => {
        signal.throwIfAborted();
        onProgress(++done, rounds * places.length);
        const results = Array.from(ranks, (rank, at) => ({ rank, subject: task.subjects[at] ?? "" }));
        const at = places.findIndex((place) => place.k === k && place.p === p);
        runs[at]?.push({ anchors: task.anchors.length, results });
      };
      onProgress(done, rounds * places.length);
      if (settings.method === undefined || settings.method === "asif") {
        await rankByAsif(space, task, settings, ks, onRanks);
      } else {
        for (const { k, p } of places) onRanks(k, p, await ranksIn(space, task, { ...settings, k, p }));
      }
    } finally {
      space.close();
    }
  }
  const cells = places.map((place, i) => ({
    ...place,
    accuracies: outcomeOf(place, runs[i] ?? [], first.classes.length).accuracies,
  }));
  return { ks, ps: PS, cells };
};

/**
 * Ranks by ASIF for every k and p of the grid, with one search for all of them. Classes with equal scores get their
 * mean rank.
 */
export const rankByAsif = async (
  space: AnchorSpace,
  { images, truths, classes }: Questions,
  { transform, negatives = "cut" }: Pick<TrialSettings, "transform" | "negatives">,
  ks: readonly number[],
  onRanks: (k: number, p: number, ranks: Float64Array) => void,
): Promise<void> => {
  const view = space.view();
  const search = async (modality: Modality, rows: readonly Float32Array[]): Promise<Neighbours> => {
    const found: Neighbours[] = [];
    for (let first = 0; first < rows.length; first += ROWS_A_BATCH) {
      const batch = concatenate(rows.slice(first, first + ROWS_A_BATCH));
      const options = { k: Math.max(...ks), transform, exact: true };
      found.push((await view.search(modality, batch, options)).neighbours);
    }
    return joined(found);
  };
  const input = {
    images: await search("image", images),
    texts: await search(
      "text",
      classes.flatMap((each) => each.prompts),
    ),
    truths: Int32Array.from(truths),
    sizes: classes.map((each) => each.prompts.length),
    slotCount: view.slotCount,
    negatives,
  };
  await rankGrid(input, ks, PS, onRanks);
};

/** Concatenates rows. */
const joined = (parts: readonly Neighbours[]): Neighbours => {
  const width = parts[0]?.width ?? 0;
  const rows = parts.reduce((sum, { counts }) => sum + counts.length, 0);
  const counts = new Int32Array(rows);
  const slots = new Int32Array(rows * width);
  const scores = new Float32Array(rows * width);
  let row = 0;
  for (const part of parts) {
    counts.set(part.counts, row);
    slots.set(part.slots, row * width);
    scores.set(part.scores, row * width);
    row += part.counts.length;
  }
  return { width, counts, slots, scores };
};
