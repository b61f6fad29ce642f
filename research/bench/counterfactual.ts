import { z } from "zod";
import { classify, createRepresentationCache, type ClassifyInput } from "../../src/asif/index.ts";
import {
  counterfactual,
  createCounterfactualCache,
  type CounterfactualInput,
} from "../../src/features/counterfactual/counterfactual.ts";
import { influence } from "../../src/features/influence/influence.ts";
import { runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import { closeKernels, type AnchorView } from "../../src/retrieval/index.ts";
import { makeData, openView, rounded, TEXT_DIMENSION, type Data } from "./paired-data.ts";
import { quantile } from "../../src/math/statistics.ts";

/** What it takes to answer as if anchors were not there, beside really taking them away. */

const IMAGE_DIMENSION = 384;
const P = 4;
const WARM_UP = 3;
const KS = [100, 800];

interface Options {
  readonly anchors: number;
  readonly removed: number;
  readonly classes: number;
  readonly images: number;
  readonly runs: number;
}

const questionOf = (data: Data, count: number, classes: number, k: number, first = 0): ClassifyInput => ({
  images: data.queries.slice(first * IMAGE_DIMENSION, (first + count) * IMAGE_DIMENSION),
  prompts: data.prompts,
  classes: Array.from({ length: classes }, (_, i) => ({ name: String(i), prompts: 1 })),
  ensemble: "max",
  top: 5,
  explain: 0,
  settings: { k, p: P, transform: "none" },
});

/** Anchors spread over all, or those whose texts are nearest to the first prompt. */
const takenAway = async (
  view: AnchorView,
  data: Data,
  removed: number,
  which: string,
): Promise<Uint8Array> => {
  const without = new Uint8Array(view.slotCount);
  if (which === "spread") {
    for (let i = 0; i < removed; i++) without[Math.floor((i * view.slotCount) / removed)] = 1;
    return without;
  }
  const prompt = data.prompts.slice(0, TEXT_DIMENSION);
  const { neighbours } = await view.search("text", prompt, { k: removed, transform: "none" });
  for (const slot of neighbours.slots) without[slot] = 1;
  return without;
};

const timed = async (runs: number, work: (run: number) => Promise<unknown>): Promise<number[]> => {
  const times: number[] = [];
  for (let run = 0; run < WARM_UP + runs; run++) {
    const start = performance.now();
    await work(run);
    if (run >= WARM_UP) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
};

const measureRemovals = async (
  data: Data,
  view: AnchorView,
  { classes, removed, runs, images }: Options,
  k: number,
  which: string,
): Promise<object> => {
  const without = await takenAway(view, data, removed, which);
  const nothing = { entries: [], image: new Float32Array(0), text: new Float32Array(0) };
  const ask = (run: number): CounterfactualInput => ({
    ...questionOf(data, 1, classes, k, run % images),
    without,
    added: nothing,
    changes: 5,
  });
  const [known, prompts] = [createRepresentationCache(), createCounterfactualCache()];
  const query = await timed(runs, (run) => classify(view, ask(run), known));
  const asked = await timed(runs, (run) => counterfactual(view, ask(run), prompts));
  const ids = view.liveSlots().filter((slot) => without[slot] !== 1);
  // Really: other memory without them, which knows no prompts yet.
  const start = performance.now();
  const edited = await openView(
    {
      ...data,
      images: view.vectors("image", ids),
      texts: view.vectors("text", ids),
    },
    IMAGE_DIMENSION,
  );
  await classify(edited, ask(0));
  const really = performance.now() - start;
  const [queryMs, askedMs] = [quantile(query, 0.5), quantile(asked, 0.5)];
  return {
    k,
    removed: `${removed} ${which}`,
    "query p50 ms": rounded(queryMs),
    "counterfactual p50 ms": rounded(askedMs),
    "beyond the query ms": rounded(askedMs - queryMs),
    "least beyond ms": rounded((asked[0] ?? NaN) - (query[0] ?? NaN)),
    "edited memory ms": rounded(really),
    ratio: Number((really / askedMs).toFixed(0)),
  };
};

const measureInfluence = async (
  data: Data,
  view: AnchorView,
  { classes, images }: Options,
  k: number,
): Promise<object> => {
  const question = questionOf(data, images, classes, k);
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  const start = performance.now();
  const found = await influence(view, { ...question, limit: 10 });
  const took = performance.now() - start;
  clearInterval(watch);
  const [slot = 0] = view.liveSlots();
  const allow = view.bitmap(() => true);
  allow[slot] = 0;
  const again = performance.now();
  await classify(view, { ...question, settings: { ...question.settings, allow } });
  const reruns = (performance.now() - again) * found.supporting;
  return {
    k,
    images,
    classes,
    "anchors that count": found.supporting,
    "that flip": found.flipping,
    s: Number((took / 1000).toFixed(2)),
    "longest hold ms": Math.round(longest),
    "re-runs s": Math.round(reruns / 1000),
    ratio: Math.round(reruns / took),
  };
};

const run = async (options: Options, { signal, note }: Terminal): Promise<number> => {
  const data = makeData(options.anchors, options.classes, options.images, IMAGE_DIMENSION);
  const view = await openView(data, IMAGE_DIMENSION);
  const removals: object[] = [];
  const influences: object[] = [];
  for (const k of KS) {
    for (const which of ["spread", "nearest"]) {
      signal.throwIfAborted();
      note(`${options.removed} anchors taken away, ${which}, k = ${k}`);
      removals.push(await measureRemovals(data, view, options, k, which));
    }
    signal.throwIfAborted();
    note(`each anchor taken away alone, k = ${k}`);
    influences.push(await measureInfluence(data, view, options, k));
  }
  console.table(removals);
  console.table(influences);
  await closeKernels();
  return 0;
};

const count = (most: number) => requiredText.pipe(wholeNumber(1, most));

await runScript({
  name: "bench:counterfactual",
  synopsis: "[options]",
  about:
    "Classifies one embedded image at a time as if many anchors were not there, beside the query alone and beside " +
    "memory that is filled anew without them; then finds the anchors that, one at a time, change the most answers, " +
    `beside as many classifications. Images have ${IMAGE_DIMENSION} dimensions, texts ${TEXT_DIMENSION}, p = ${P}.`,
  options: {
    anchors: { type: "string", value: "N", help: "Anchors.", default: "50000" },
    removed: { type: "string", value: "N", help: "Anchors taken away at once.", default: "1000" },
    classes: { type: "string", value: "N", help: "Classes, of one prompt each.", default: "100" },
    images: { type: "string", value: "N", help: "Images that influence is found over.", default: "1000" },
    runs: { type: "string", value: "N", help: "Queries that are timed in each case.", default: "30" },
  },
  examples: ["--classes 1000 --runs 10"],
  schema: z.strictObject({
    arguments: noArguments,
    anchors: count(1_000_000),
    removed: count(100_000),
    classes: count(1_000),
    images: count(1_000),
    runs: count(10_000),
  }),
  run,
});
