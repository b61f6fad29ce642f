import type { Core } from "../../collections/index.ts";
import type { JobContext } from "../../collections/jobs/index.ts";
import type { Queried } from "../../collections/question.ts";
import { createRandom } from "../../math/random.ts";
import { createTurns } from "../../math/slices.ts";
import { copyVectors } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import { openWorker, type WorkerHandle } from "../../worker.ts";
import { pairAgreement } from "./agreement.ts";
import type { ProjectionRequest } from "./api.ts";
import type { Layer } from "./layer.ts";
import { groundOf, neighboursIn } from "./neighbours.ts";
import { coordinatesIn } from "./pca.ts";
import { placeAmong, type NeighbourRows } from "./place.ts";
import { printsOf } from "./prints.ts";
import { saveLayer } from "./table.ts";
import type { UmapTask } from "./umap.ts";
import type { ProjectionCalls, UmapNotice } from "./worker.ts";

/** The most anchors that UMAP and the axes of PCA are fitted on: umap-js takes some 30 kB for each. */
const MOST_FITTED = 20_000;
/** The authors' default of 15 counts the anchor itself. */
const NEIGHBOURS = 14;
/** With fewer anchors the plane of PCA shows all there is. */
const FEWEST_FOR_UMAP = 4;
const CHUNK = 512;
/** The parts of a side's work, by the time that they take. */
const SHARES = { pca: 0.05, neighbours: 0.4, umap: 0.55 } as const;

/** What the parts of a projection share. */
interface Work {
  readonly store: Core["store"];
  readonly queried: Queried;
  readonly seed: number;
  /** Live slots in id order. */
  readonly slots: Int32Array;
  /** Rows of `slots` that methods are fitted on, ascending. */
  readonly fitted: Int32Array;
  readonly signal: AbortSignal;
  readonly report: (side: Modality, part: keyof typeof SHARES, share: number) => void;
  readonly worker: WorkerHandle<ProjectionCalls>;
}

/**
 * Computes and stores the layers of a collection's map as it is now, those by PCA first, for they take seconds.
 *
 * @param mostFitted the most anchors that methods are fitted on
 * @throws the signal's reason where it aborts
 */
export const runProjection = async (
  store: Core["store"],
  queried: Queried,
  { methods = ["pca", "umap"], sides: wanted = ["image", "text"], seed = 0 }: ProjectionRequest,
  { signal, progress }: Pick<JobContext, "signal" | "progress">,
  mostFitted = MOST_FITTED,
): Promise<void> => {
  const sides = [...new Set(wanted)];
  const done = new Map<string, number>();
  const total = sides.length * (methods.includes("umap") ? 1 : SHARES.pca);
  const tell = (part: string): void => {
    const share = [...done.values()].reduce((sum, one) => sum + one, 0) / total;
    progress(Math.round(100 * share), 100, { request: { methods, sides, seed }, part });
  };
  tell("reading");
  const report: Work["report"] = (side, part, share) => {
    done.set(`${side} ${part}`, SHARES[part] * share);
    tell(`${part} of ${side}s`);
  };
  let laidOut: Modality = "image";
  const worker = openWorker<ProjectionCalls>(new URL("./worker.ts", import.meta.url), undefined, {
    signal,
    onNotice: (notice) => report(laidOut, "umap", (notice as UmapNotice).share),
  });
  const slots = queried.view.liveSlots();
  const fitted = drawRows(slots.length, mostFitted, seed);
  const work: Work = { store, queried, seed, slots, fitted, signal, report, worker };
  try {
    const planes = new Map<Modality, Float32Array<ArrayBuffer>>();
    for (const side of sides) {
      const places = await projectByPca(work, side);
      planes.set(side, places);
      if (methods.includes("pca")) await storeLayer(work, `pca/${side}`, places);
    }
    for (const [side, places] of methods.includes("umap") ? planes : []) {
      laidOut = side;
      await projectByUmap(work, side, places);
      for (const part of ["neighbours", "umap"] as const) report(side, part, 1);
    }
  } finally {
    // A thread that was told to stop ends after its present pass, which nobody needs to wait for.
    if (!signal.aborted) await worker.close();
  }
};

/** All rows where they are few enough, else a sample of them; ascending. */
const drawRows = (count: number, most: number, seed: number): Int32Array => {
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  if (count <= most) return rows;
  createRandom(seed).shuffleInPlace(rows);
  return rows.slice(0, most).sort();
};

const slotsAt = (slots: Int32Array, rows: Int32Array): Int32Array => rows.map((row) => slots[row] ?? 0);

const projectByPca = async (
  { queried: { view }, slots, fitted, signal, worker, report }: Work,
  side: Modality,
): Promise<Float32Array<ArrayBuffer>> => {
  const rows = await copyVectors(view, side, slotsAt(slots, fitted));
  const plane = await worker.call("plane", { rows, dimension: view.dimension(side) }, [rows.buffer]);
  const places = new Float32Array(slots.length * 2);
  const turn = createTurns(signal);
  for (let first = 0; first < slots.length; first += CHUNK) {
    places.set(coordinatesIn(plane, view.vectors(side, slots.subarray(first, first + CHUNK))), 2 * first);
    await turn();
  }
  report(side, "pca", 1);
  return places;
};

const projectByUmap = async (
  work: Work,
  side: Modality,
  planar: Float32Array<ArrayBuffer>,
): Promise<void> => {
  const { queried, seed, slots, fitted, signal, worker, report } = work;
  const { view, record } = queried;
  const layer: Layer = `umap/${side}`;
  if (fitted.length < FEWEST_FOR_UMAP) return storeLayer(work, layer, planar);
  const look = await view.look(side, record.transform);
  const ground = slotsAt(slots, fitted);
  const k = Math.min(NEIGHBOURS, fitted.length - 2);
  const near = await neighboursIn(look, slots, groundOf(view, ground), k, {
    signal,
    onDone: (count) => report(side, "neighbours", count / slots.length),
  });
  const laidOut = await worker.call("layOut", taskOf(near, planar, fitted, seed));
  const places = placeAmong(near, laidOut);
  fitted.forEach((row, i) => places.set(laidOut.subarray(2 * i, 2 * i + 2), 2 * row));
  await storeLayer(work, layer, places);
  if (side === "text") return;
  const texts = await view.look("text", record.transform);
  await storeLayer(work, "agreement", await pairAgreement(texts, slots, ground, near, signal));
};

/** Some rows of an array whose rows are `width` long. */
const copyRows = <Numbers extends Int32Array | Float32Array>(
  all: Numbers,
  rows: Int32Array,
  width: number,
  to: Numbers,
): Numbers => {
  rows.forEach((row, i) => to.set(all.subarray(row * width, (row + 1) * width), i * width));
  return to;
};

const taskOf = (
  { indices, distances, width: k }: NeighbourRows,
  planar: Float32Array,
  rows: Int32Array,
  seed: number,
): UmapTask => ({
  indices: copyRows(indices, rows, k, new Int32Array(rows.length * k)),
  distances: copyRows(distances, rows, k, new Float32Array(rows.length * k)),
  start: copyRows(planar, rows, 2, new Float32Array(rows.length * 2)),
  ...{ k, seed },
});

const storeLayer = async (
  { store, queried, slots, seed, fitted, signal }: Work,
  layer: Layer,
  numbers: Float32Array<ArrayBuffer>,
): Promise<void> => {
  const { view, record } = queried;
  const prints = await printsOf(view, layer, slots, signal);
  const ids = Array.from(slots, (slot) => view.entry(slot).id);
  const { sequence } = view;
  await saveLayer(
    store,
    record,
    { layer, sequence, seed, fitted: fitted.length, at: new Date() },
    { ids, prints, numbers },
  );
};
