import { z } from "zod";
import {
  classify,
  classifyByMethod,
  createRepresentationCache,
  parametersFor,
  type ClassifyInput,
} from "../../src/asif/index.ts";
import { runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import {
  applyTransform,
  closeKernels,
  fitTransform,
  unitRows,
  type AnchorView,
} from "../../src/retrieval/index.ts";
import type { TransformName } from "../../src/api/transforms.ts";
import { makeData, openView, rounded, TEXT_DIMENSION, type Data } from "./paired-data.ts";
import { quantile } from "../../src/math/statistics.ts";

/** How long one image that is embedded already takes against many classes, beside a dense computation in JavaScript. */

const P = 4;
const WARM_UP = 20;

interface Case {
  readonly imageDimension: number;
  readonly k: number;
  readonly transform: TransformName;
}

const CASES: readonly Case[] = [768, 2304].flatMap((imageDimension) =>
  (["none", "whiten"] as const).flatMap((transform) =>
    [800, 200].map((k) => ({ imageDimension, k, transform })),
  ),
);

/** A dense relative representation of one unit row: a loop over all anchors, and a sort for the k greatest. */
const represent = (anchors: Float32Array, query: Float32Array, k: number): Float32Array => {
  const d = query.length;
  const similarities = new Float32Array(anchors.length / d);
  for (let row = 0; row < similarities.length; row++) {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += (anchors[row * d + i] ?? 0) * (query[i] ?? 0);
    similarities[row] = sum;
  }
  const threshold = similarities.slice().sort().at(-k) ?? -Infinity;
  let squares = 0;
  const values = similarities.map((similarity) => {
    const value = similarity < threshold ? 0 : Math.sign(similarity) * Math.abs(similarity) ** P;
    squares += value * value;
    return value;
  });
  return values.map((value) => value / Math.sqrt(squares));
};

type Plain = (query: Float32Array) => Promise<number>;

/** The same classification without any of our indexes; the classes' rows are made beforehand. */
const plainly = async (data: Data, { imageDimension, k, transform }: Case): Promise<Plain> => {
  const side = async (rows: Float32Array, kind: TransformName, dimension: number) => {
    const fit = kind === "none" ? null : await fitTransform(kind, unitRows(rows, dimension), dimension);
    const show = (shown: Float32Array): Promise<Float32Array> => applyTransform(fit, shown, dimension);
    return { show, anchors: await show(rows) };
  };
  const image = await side(data.images, transform, imageDimension);
  const text = await side(data.texts, transform === "none" ? "none" : "center", TEXT_DIMENSION);
  const prompts = await text.show(data.prompts);
  const classes = Array.from({ length: prompts.length / TEXT_DIMENSION }, (_, i) =>
    represent(text.anchors, prompts.subarray(i * TEXT_DIMENSION, (i + 1) * TEXT_DIMENSION), k),
  );
  return async (query) => {
    const row = represent(image.anchors, await image.show(query), k);
    const scores = classes.map((of) => of.reduce((sum, value, i) => sum + value * (row[i] ?? 0), 0));
    return scores.indexOf(Math.max(...scores));
  };
};

const timesOf = async (work: (run: number) => Promise<unknown>, runs: number): Promise<number[]> => {
  const times: number[] = [];
  for (let run = 0; run < WARM_UP + runs; run++) {
    const start = performance.now();
    await work(run);
    if (run >= WARM_UP) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
};

const measure = async (data: Data, view: AnchorView, given: Case, runs: number) => {
  const { imageDimension, k, transform } = given;
  const count = data.queries.length / imageDimension;
  const queryOf = (run: number): Float32Array => {
    const at = (run % count) * imageDimension;
    return data.queries.slice(at, at + imageDimension);
  };
  const classes = Array.from({ length: data.prompts.length / TEXT_DIMENSION }, (_, i) => ({
    name: String(i),
    prompts: 1,
  }));
  const cache = createRepresentationCache();
  const ask = (run: number): ClassifyInput => ({
    images: queryOf(run),
    prompts: data.prompts,
    classes,
    ensemble: "max",
    top: 5,
    explain: 0,
    settings: { k, p: P, transform },
  });
  const ours = async (run: number): Promise<number> => {
    const [result] = await classify(view, ask(run), cache);
    return Number(result?.classes[0]?.name);
  };
  const plain = await plainly(data, given);
  let equal = 0;
  for (let run = 0; run < count; run++) if ((await ours(run)) === (await plain(queryOf(run)))) equal++;
  const times = await timesOf(ours, runs);
  const dense = await timesOf((run) => plain(queryOf(run)), Math.ceil(runs / 4));
  return {
    "image d": imageDimension,
    transform,
    k,
    "min ms": rounded(times[0] ?? NaN),
    "p50 ms": rounded(quantile(times, 0.5)),
    "p99 ms": rounded(quantile(times, 0.99)),
    "dense p50 ms": rounded(quantile(dense, 0.5)),
    ratio: Number((quantile(dense, 0.5) / quantile(times, 0.5)).toFixed(1)),
    "same best class": `${equal} of ${count}`,
  };
};

const LOCAL_DIMENSION = 2304;
const COMPARED = ["asif", "local", "asif+local"] as const;

/** What local regression adds to an answer, with nothing set: the methods take turns, so that they share any other load. */
const compareMethods = async (data: Data, view: AnchorView, runs: number): Promise<object[]> => {
  const count = data.queries.length / LOCAL_DIMENSION;
  const parameters = parametersFor({ k: "auto", p: "auto" }, "auto", view.size);
  const classes = Array.from({ length: data.prompts.length / TEXT_DIMENSION }, (_, i) => ({
    name: String(i),
    prompts: 1,
  }));
  const cache = createRepresentationCache();
  const times = COMPARED.map((): number[] => []);
  for (let run = 0; run < WARM_UP + runs; run++) {
    const at = (run % count) * LOCAL_DIMENSION;
    const input: ClassifyInput = {
      ...{ images: data.queries.slice(at, at + LOCAL_DIMENSION), prompts: data.prompts, classes },
      ...{ ensemble: "max", top: 5, explain: 0, settings: { ...parameters, transform: "auto" } },
    };
    for (const [i, method] of COMPARED.entries()) {
      const start = performance.now();
      await classifyByMethod(view, input, { method }, cache);
      if (run >= WARM_UP) times[i]?.push(performance.now() - start);
    }
  }
  const [plain = NaN] = times.map((of) =>
    quantile(
      of.sort((a, b) => a - b),
      0.5,
    ),
  );
  return COMPARED.map((method, i) => ({
    method,
    ...parameters,
    "min ms": rounded(times[i]?.[0] ?? NaN),
    "p50 ms": rounded(quantile(times[i] ?? [], 0.5)),
    "p50 ms more than asif": rounded(quantile(times[i] ?? [], 0.5) - plain),
    "p99 ms": rounded(quantile(times[i] ?? [], 0.99)),
  }));
};

const run = async (
  { anchors, classes, runs, "methods-only": methodsOnly }: Options,
  { signal, note }: Terminal,
): Promise<number> => {
  const lines: object[] = [];
  let known: { readonly dimension: number; readonly data: Data; readonly view: AnchorView } | undefined;
  for (const given of methodsOnly ? [] : CASES) {
    signal.throwIfAborted();
    const dimension = given.imageDimension;
    if (known?.dimension !== dimension) {
      const data = makeData(anchors, classes, 32, dimension);
      known = { dimension, data, view: await openView(data, dimension) };
    }
    note(`images of ${dimension} dimensions, ${given.transform}, k = ${given.k}`);
    lines.push(await measure(known.data, known.view, given, runs));
  }
  if (lines.length > 0) console.table(lines);
  note("methods, transform auto");
  const data = makeData(anchors, classes, 32, LOCAL_DIMENSION);
  console.table(await compareMethods(data, await openView(data, LOCAL_DIMENSION), runs));
  await closeKernels();
  return 0;
};

interface Options {
  readonly anchors: number;
  readonly classes: number;
  readonly runs: number;
  readonly "methods-only": boolean;
}

await runScript({
  name: "bench:classify",
  synopsis: "[options]",
  about:
    "Classifies one embedded image at a time, warm, and the same by dense loops in JavaScript (whose classes are " +
    `represented beforehand, as ours are remembered). Texts have ${TEXT_DIMENSION} dimensions, p = ${P}. Then what local ` +
    "regression adds to ASIF's time, with transform, k and p at auto.",
  options: {
    anchors: { type: "string", value: "N", help: "Anchors.", default: "5000" },
    classes: { type: "string", value: "N", help: "Classes, of one prompt each.", default: "300" },
    runs: {
      type: "string",
      value: "N",
      help: "Classifications that are timed in each case.",
      default: "300",
    },
    "methods-only": { type: "boolean", help: "Compare methods alone." },
  },
  examples: ["--anchors 20000 --runs 50", "--anchors 10000 --classes 100 --methods-only"],
  schema: z.strictObject({
    arguments: noArguments,
    anchors: requiredText.pipe(wholeNumber(10, 1_000_000)),
    classes: requiredText.pipe(wholeNumber(1, 10_000)),
    runs: requiredText.pipe(wholeNumber(1, 100_000)),
    "methods-only": z.boolean().default(false),
  }),
  run,
});
