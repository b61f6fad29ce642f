import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { closeKernels } from "../../src/retrieval/index.ts";
import { createScene } from "../../src/features/consensus/scene/index.ts";
import {
  createAsifScorer,
  createCsaScorer,
  createNeighbourCaptionsScorer,
  createReverseRetrievalScorer,
} from "../../src/features/consensus/scorers/index.ts";
import {
  runConsensus,
  type Generator,
  type ConsensusPlan,
  type Scorer,
} from "../../src/features/consensus/index.ts";
import { makeData, openView, rounded, TEXT_DIMENSION } from "./paired-data.ts";
import { noArguments } from "../../src/option-schemas.ts";

const ANCHORS = 5_000;
const IMAGE_DIMENSION = 768;
const ROUNDS = 5;
const PROPOSALS = 1_000;
const SETTINGS = { k: 800, p: 8, transform: "none" as const };
/** Pairs that are asked one at a time, as whoever does not batch asks. */
const ASKED = 100;
const FROM_SCRATCH = 8;
/** Runs; the first also opens kernels and fits, as the first request to a collection does. */
const RUNS = 4;

/** The mean of some calls after the first. */
const msOf = async (calls: number, ask: (i: number) => Promise<unknown>): Promise<number> => {
  await ask(0);
  const started = performance.now();
  for (let i = 1; i <= calls; i++) await ask(i);
  return rounded((performance.now() - started) / calls);
};

/** Of all threads; on a busy machine it says more than the clock does. */
const cpuSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1000);
};

const numbered = (i: number) => ({
  payload: { kind: "text" as const, text: String(i) },
  id: String(i),
  parents: [],
  generator: "numbers",
  round: 1,
});

/** New ones in every round. */
const numbers: Generator = {
  name: "numbers",
  propose: ({ round }, count) =>
    Promise.resolve(
      Array.from({ length: count }, (_, i) => ({ payload: numbered((round - 1) * count + i).payload })),
    ),
};

const planOf = (scorers: readonly Scorer[]): ConsensusPlan => ({
  generators: [numbers],
  scorers,
  weights: scorers.map(() => 1),
  aggregation: { kind: "mean" },
  proposals: PROPOSALS,
  beam: 5,
  temperature: 0,
  rounds: ROUNDS,
  scoreBudget: Number.MAX_SAFE_INTEGER,
  timeBudgetMs: Number.MAX_SAFE_INTEGER,
  epsilon: 0,
  patience: ROUNDS + 1,
  stopWhenUnanimous: false,
  quorum: 0.5,
  abstain: {},
  seed: 1,
});

await runScript({
  name: "bench:consensus",
  synopsis: "",
  about:
    "How long a consensus takes over 5,000 anchors of 768 and 512 numbers: 1,000 new proposals in each of 5 rounds, judged by 4 scorers, embedding aside; and how long the same scorers take where each pair of a scorer and a proposal is asked alone.",
  options: {},
  examples: [],
  schema: z.strictObject({ arguments: noArguments }),
  run: async (_, { signal }) => {
    const data = makeData(ANCHORS, ROUNDS * PROPOSALS, 1, IMAGE_DIMENSION);
    const view = await openView(data, IMAGE_DIMENSION);
    const textOf = (number: string): Float32Array =>
      data.prompts.subarray(Number(number) * TEXT_DIMENSION, (Number(number) + 1) * TEXT_DIMENSION);

    const openScorers = (): Scorer[] => {
      const scene = createScene({
        view,
        settings: SETTINGS,
        condition: { images: data.queries, texts: new Float32Array() },
        embed: (words) => Promise.resolve(words.map(textOf)),
      });
      return [
        createAsifScorer(scene),
        createCsaScorer(scene),
        createNeighbourCaptionsScorer(scene),
        createReverseRetrievalScorer(scene),
      ];
    };
    const lines = [];
    for (let i = 0; i < RUNS; i++) {
      const [started, before] = [performance.now(), process.cpuUsage()];
      const run = await runConsensus(planOf(openScorers()), { signal });
      lines.push({
        run: i === 0 ? "first" : `again ${i}`,
        ms: Math.round(performance.now() - started),
        "cpu ms": cpuSince(before),
        ...Object.fromEntries(run.costs.map(({ scorer, ms }) => [scorer, ms])),
      });
    }
    console.table(lines);

    const naive = [];
    for (const [n, scorer] of openScorers().entries()) {
      // Once with what follows from the condition alone at hand, and once with nothing at hand.
      const oneByOne = await msOf(ASKED, (i) => scorer.score([numbered(i)], signal));
      const fromScratch = await msOf(FROM_SCRATCH, async (i) =>
        openScorers()[n]?.score([numbered(i)], signal),
      );
      naive.push({ scorer: scorer.name, "one by one, ms": oneByOne, "from scratch, ms": fromScratch });
    }
    console.table(naive);
    const usual = Math.min(...lines.slice(1).map(({ ms }) => ms));
    for (const way of ["one by one, ms", "from scratch, ms"] as const) {
      const all = ROUNDS * PROPOSALS * naive.reduce((sum, line) => sum + line[way], 0);
      console.log(
        `${way.split(",")[0]}: ${(all / 1000).toFixed(1)} s, ${(all / usual).toFixed(1)} times as long`,
      );
    }
    await closeKernels();
    return EXIT.done;
  },
});
