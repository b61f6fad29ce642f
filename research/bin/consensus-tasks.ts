import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { wholeNumber } from "../../src/option-schemas.ts";
import { encoderDirectory, networkDirectory, readConfig } from "../../src/config.ts";
import {
  createArithmeticTask,
  createClassifier,
  createItems,
  createPlanningTask,
  createSynthesisTask,
  embedForTasks,
  emojiGallery,
  estimateOf,
  evaluateBeams,
  evaluateDistances,
  evaluateTask,
  interval,
  MOST_SEEDS,
  percent,
  studyTable,
  summarizeReports,
  table,
  withCaptionTask,
  withQuestionsTask,
  type BeamResult,
  type DistanceResult,
  type Study,
  type Task,
  type TaskReport,
} from "../consensus-tasks/index.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import type { EmbeddedEmoji } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { defaultEncoderSource, importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

const NAMES = ["caption", "questions", "arithmetic", "synthesis", "planning"] as const;
type Name = (typeof NAMES)[number];

const ANCHORS = 5_000;
const TRAINING = 1_500;
/** Tags, and prototypes of each, whose distance to real images is measured. */
const DISTANCES = { tags: 12, prototypes: 12 };

const schema = z
  .object({
    items: wholeNumber(1, 10_000),
    seeds: wholeNumber(2, MOST_SEEDS),
    out: z.string().min(1),
    arguments: z
      .array(z.enum([...NAMES, "all"], `name one of ${NAMES.join(", ")} or all`))
      .length(1, `name one of ${NAMES.join(", ")} or all`),
  })
  .strict();

interface Asked {
  readonly development: number;
  readonly test: number;
  readonly seeds: readonly number[];
  readonly terminal: Terminal;
}

/** Prints a task's tables; its result is written as JSON. */
const TASKS: Record<Name, (asked: Asked) => Promise<unknown>> = {
  arithmetic: async (asked) => {
    const { development, test, terminal } = asked;
    const study = await studied(asked, (seed) =>
      evaluated(createArithmeticTask({ training: TRAINING, development, test, seed }), asked),
    );
    const results: BeamResult[][] = [];
    for (const seed of asked.seeds) {
      const items = createItems(development + test, seed).slice(development);
      results.push(
        await withBar(`beams, seed ${seed}`, (onProgress) =>
          evaluateBeams(items, createClassifier(TRAINING, seed), { signal: terminal.signal, onProgress }),
        ),
      );
    }
    const [first = []] = results;
    const beams = first.map(({ scorers, beam, errorRate }, i) => ({
      scorers,
      beam,
      errorRate,
      solved: estimateOf(results.map((own) => own[i]?.solved ?? Number.NaN)),
    }));
    const rates = [...new Set(beams.map(({ errorRate }) => errorRate))];
    const rows = beams.filter(({ errorRate }) => errorRate === rates[0]);
    terminal.print(
      table(
        ["scorers", "beam", ...rates.map((rate) => `${percent(rate)} % wrong steps`)],
        rows.map(({ scorers, beam }) => [
          scorers.join(" + "),
          String(beam),
          ...beams
            .filter((one) => one.scorers === scorers && one.beam === beam)
            .map(({ solved }) => `${percent(solved.mean)} (${interval(solved)})`),
        ]),
      ).join("\n"),
    );
    return { ...study, beams };
  },
  caption: (asked) =>
    withEmoji(asked, ({ emoji, means }) =>
      studied(asked, (seed) =>
        withCaptionTask(emoji, { ...asked, anchors: ANCHORS, seed }, means, (task) => evaluated(task, asked)),
      ),
    ),
  questions: (asked) =>
    withEmoji(asked, ({ emoji, means }) =>
      studied(asked, (seed) =>
        withQuestionsTask(emoji, { ...asked, anchors: ANCHORS, seed }, means, (task) =>
          evaluated(task, asked),
        ),
      ),
    ),
  synthesis: (asked) =>
    withEmoji(asked, async ({ emoji }) => {
      const { signal, print } = asked.terminal;
      const results: DistanceResult[][] = [];
      const study = await studied(asked, async (seed) => {
        const gallery = await emojiGallery(emoji, seed);
        const report = await evaluated(createSynthesisTask(gallery, { ...asked, seed }), asked);
        results.push(
          await withBar("distances", (onProgress) =>
            evaluateDistances(gallery, { ...DISTANCES, signal, onProgress }),
          ),
        );
        return report;
      });
      const [first = []] = results;
      const distances = first.map(({ scorers }, i) => ({
        scorers,
        distance: estimateOf(results.map((own) => own[i]?.distance ?? Number.NaN)),
      }));
      print(
        table(
          ["scorers", "Fréchet distance", "95 %"],
          distances.map(({ scorers, distance: { mean, low, high } }) => [
            scorers.join(" + "),
            mean.toFixed(4),
            `${low.toFixed(4)} to ${high.toFixed(4)}`,
          ]),
        ).join("\n"),
      );
      return { ...study, distances };
    }),
  planning: (asked) => studied(asked, (seed) => evaluated(createPlanningTask({ ...asked, seed }), asked)),
};

const withEmoji = async <T>(
  { terminal: { signal, log } }: Asked,
  use: (given: {
    readonly emoji: EmbeddedEmoji;
    readonly means: Parameters<typeof withCaptionTask>[2];
  }) => Promise<T>,
): Promise<T> => {
  const { dataDir } = readConfig(process.env);
  const encoders = encoderDirectory(dataDir);
  const directory = join(dataDir, "evaluation");
  await importDefaultEncoders({ directory: encoders, log });
  const networks = networkDirectory(dataDir);
  const registry = await openEncoderRegistry({
    folders: [encoders],
    networks: { directory: networks, known: defaultEncoderSource.networks },
    log,
  });
  try {
    const means = { registry, signal, log, progress: createProgress };
    const emoji = await embedForTasks({ ...means, directory });
    return await use({ emoji, means: { ...means, directory: join(directory, "vectors") } });
  } finally {
    await registry.close();
  }
};

/** Evaluates a task for each seed in turn and prints the summary. */
const studied = async (
  { seeds, terminal }: Asked,
  reportOf: (seed: number) => Promise<TaskReport>,
): Promise<Study> => {
  const reports: TaskReport[] = [];
  for (const seed of seeds) {
    reports.push(await reportOf(seed));
    terminal.note(`seed ${seed} of ${seeds.length} is done`);
  }
  const study = summarizeReports(reports);
  terminal.print(studyTable(study));
  return study;
};

const evaluated = <Item>(task: Task<Item>, { terminal }: Asked): Promise<TaskReport> =>
  withBar(task.name, (onProgress) => evaluateTask(task, { signal: terminal.signal, onProgress }));

const withBar = async <T>(
  label: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> => {
  const bar = createProgress(label, "items");
  return work((done, total) => bar.update(done, total)).finally(() => bar.stop());
};

const run = async (
  { items, seeds: count, out, arguments: [given] }: z.infer<typeof schema>,
  terminal: Terminal,
): Promise<number> => {
  const { signal, note } = terminal;
  const names = given === "all" ? NAMES : NAMES.filter((name) => name === given);
  await mkdir(out, { recursive: true });
  try {
    for (const name of names) {
      // Half as many to choose by as to report, but for tags, of which there are 274.
      const development = name === "synthesis" ? Math.ceil(0.3 * items) : Math.ceil(items / 2);
      const seeds = Array.from({ length: count }, (_, i) => i + 1);
      const report = await TASKS[name]({ development, test: items, seeds, terminal });
      const path = join(out, `consensus-${name}.json`);
      await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
      note(`wrote ${path}`);
    }
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("interrupted; tasks that were finished are written");
    return EXIT.interrupted;
  }
};

await runScript({
  name: "consensus-tasks",
  synopsis: `${NAMES.join(" | ")} | all [--items N] [--seeds N] [--out DIR]`,
  about: [
    "Solves problems by consensus, end to end: by every single scorer, every pair, all but one and all, for 1, 2, 4 and 8 rounds. Each seed has items, noise and trained scorers of its own; items of their own choose the best single scorer, at its best beam, and the weights. Prints means over seeds with 95 % intervals (Student's t over seeds, paired where two systems are compared) and writes consensus-TASK.json.",
    "",
    "caption: keywords for images. questions: about an image or the frames of an animation. arithmetic: word problems, beam search over steps. synthesis: vectors that show what tags mean. planning: blocks on a table, seen by five cameras.",
    "",
    "Vectors of emoji are kept under DATA_DIR/evaluation, as npm run evaluate keeps them.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    items: { type: "string", value: "N", help: "how many items a seed reports", default: "100" },
    seeds: { type: "string", value: "N", help: `how many seeds, 2 to ${MOST_SEEDS}`, default: "5" },
    out: { type: "string", value: "DIR", help: "where the files go", default: "evaluation" },
  },
  examples: ["planning", "all --items 50"],
  schema,
  run,
});
