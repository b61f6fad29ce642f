import { monitorEventLoopDelay } from "node:perf_hooks";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import {
  openScoring,
  type Numbers,
  type ScoreInput,
  type TimedScore,
  type TransferMethod,
} from "../../src/features/selection/emms/index.ts";
import { createRandom } from "../../src/math/random.ts";

const CLASSES = 20;
/** Directions that features and label embeddings have in common. */
const LATENT = 24;
const MEGABYTE = 1_024 * 1_024;

const scoreOf = async (input: ScoreInput, method: TransferMethod, rounds = 1): Promise<TimedScore> => {
  const scoring = openScoring(input);
  try {
    return await scoring.score(method, { emms: { rounds } });
  } finally {
    await scoring.close();
  }
};

/** Of memory that a thread can read without a copy, and after which the next can. */
const shared = (length: number): Float32Array =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));

/** Noisy linear maps of the same latent rows, which lie around their classes' centres. */
const makeTask = (n: number, d: number, d2: number, count: number): ScoreInput => {
  const random = createRandom(1);
  const normal = (): number => random.next() + random.next() + random.next() + random.next() - 2;
  const numbers = (length: number): Float64Array => Float64Array.from({ length }, normal);
  const centres = numbers(CLASSES * LATENT);
  const ids = Int32Array.from({ length: n }, (_, i) => i % CLASSES);
  const latent = numbers(n * LATENT).map(
    (value, at) => value + (centres[(ids[Math.floor(at / LATENT)] ?? 0) * LATENT + (at % LATENT)] ?? 0),
  );
  const mapped = (width: number, noise: number): Float32Array => {
    const map = numbers(LATENT * width);
    const data = shared(n * width);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < width; j++) {
        let sum = noise * normal();
        for (let k = 0; k < LATENT; k++) sum += (latent[i * LATENT + k] ?? 0) * (map[k * width + j] ?? 0);
        data[i * width + j] = sum;
      }
    }
    return data;
  };
  const classes = new Int32Array(new SharedArrayBuffer(n * Int32Array.BYTES_PER_ELEMENT));
  classes.set(ids);
  return {
    embeddings: { data: mapped(d, 1), n, d },
    classes,
    fLabels: Array.from({ length: count }, (_, k) => ({ data: mapped(d2, 1 + k), rows: n, columns: d2 })),
  };
};

const sideBySide = (matrices: readonly Numbers[]): Numbers => {
  const columns = matrices.reduce((sum, matrix) => sum + matrix.columns, 0);
  const rows = matrices[0]?.rows ?? 0;
  const data = shared(rows * columns);
  let left = 0;
  for (const matrix of matrices) {
    for (let i = 0; i < rows; i++)
      data.set(matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns), i * columns + left);
    left += matrix.columns;
  }
  return { data, rows, columns };
};

await runScript({
  name: "bench:emms",
  synopsis: "[options]",
  about:
    "How long EMMS takes beside LogME over the same label embeddings, all their columns, and beside the other scores, by the clock and by the processor's time (with the start of the thread), which other work on the machine changes less; how much memory the process holds at most until then, and how long its event loop was held at most meanwhile.",
  options: {
    rows: { type: "string", value: "N", help: "rows of features", default: "5000" },
    dimension: { type: "string", value: "N", help: "of the features", default: "2048" },
    labels: { type: "string", value: "N", help: "dimension of the label embeddings", default: "512" },
    embeddings: { type: "string", value: "N", help: "how many label embeddings there are", default: "3" },
  },
  examples: ["--rows 1000 --dimension 512"],
  schema: z.strictObject({
    arguments: noArguments,
    rows: wholeNumber(CLASSES, 1_000_000),
    dimension: wholeNumber(1, 65_536),
    labels: wholeNumber(1, 65_536),
    embeddings: wholeNumber(1, 100),
  }),
  run: async ({ rows: n, dimension: d, labels: d2, embeddings: count }) => {
    const task = makeTask(n, d, d2, count);
    const joined: ScoreInput = { ...task, fLabels: [sideBySide(task.fLabels ?? [])] };
    const { fLabels, ...withClasses } = task;
    const runs: readonly [string, TransferMethod, ScoreInput, number][] = [
      ["EMMS, one round", "emms", task, 1],
      ["EMMS, to convergence", "emms", task, 10_000],
      [`LogME, ${count} x ${d2} columns`, "logme-f", joined, 1],
      [`LogME, ${CLASSES} classes`, "logme", withClasses, 1],
      ["H-score", "hscore", withClasses, 1],
      ["H-score, regularised", "hscore-reg", withClasses, 1],
      ["TransRate", "transrate", withClasses, 1],
      ["SFDA", "sfda", withClasses, 1],
    ];
    // What a process loads once, whichever score comes first.
    await scoreOf(makeTask(300, 200, 20, 2), "emms");
    const lines: Record<string, string | number>[] = [];
    let first: { readonly tookMs: number; readonly seconds: number } | undefined;
    for (const [name, method, input, rounds] of runs) {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const before = process.cpuUsage();
      const { score, tookMs } = await scoreOf(input, method, rounds);
      const { user, system } = process.cpuUsage(before);
      delay.disable();
      const seconds = (user + system) / 1e6;
      first ??= { tookMs, seconds };
      lines.push({
        score: name,
        value: Number(score.toPrecision(6)),
        seconds: Number((tookMs / 1_000).toFixed(2)),
        "times EMMS": Number((tookMs / first.tookMs).toFixed(2)),
        "CPU seconds": Number(seconds.toFixed(2)),
        "times EMMS' CPU": Number((seconds / first.seconds).toFixed(2)),
        "resident so far, MB": Math.round((process.resourceUsage().maxRSS * 1_024) / MEGABYTE),
        "loop held, ms": Number((delay.max / 1e6).toFixed(0)),
      });
    }
    console.log(
      `n = ${n}, d = ${d}, D2 = ${d2}, K = ${count}, labels of ${fLabels?.length ?? 0} text encoders`,
    );
    console.table(lines);
    return EXIT.done;
  },
});
