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
  evaluateBeams,
  evaluateDistances,
  evaluateTask,
  percent,
  table,
  taskTable,
  withCaptionTask,
  withQuestionsTask,
  type Task,
} from "../consensus-tasks/index.ts";
import { importDefaultEncoders, openEncoderRegistry } from "../../src/encoders/index.ts";
import type { EmbeddedEmoji } from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";

const NAMES = ["caption", "questions", "arithmetic", "synthesis", "planning"] as const;
type Name = (typeof NAMES)[number];

const ANCHORS = 5_000;
const TRAINING = 1_500;
/** Tags, and prototypes of each, whose distance to real images is measured. */
const DISTANCES = { tags: 12, prototypes: 12 };

const schema = z
  .object({
    items: wholeNumber(1, 10_000),
    out: z.string().min(1),
    arguments: z
      .array(z.enum([...NAMES, "all"], `name one of ${NAMES.join(", ")} or all`))
      .length(1, `name one of ${NAMES.join(", ")} or all`),
  })
  .strict();

interface Asked {
  readonly development: number;
  readonly test: number;
  readonly terminal: Terminal;
}

/** Prints a task's tables, and gives what its JSON is to hold. */
const TASKS: Record<Name, (asked: Asked) => Promise<unknown>> = {
  arithmetic: async (asked) => {
    const { development, test, terminal } = asked;
    const report = await evaluated(createArithmeticTask({ training: TRAINING, development, test }), asked);
    const items = createItems(development + test).slice(development);
    const beams = await withBar("beams", (onProgress) =>
      evaluateBeams(items, createClassifier(TRAINING), { signal: terminal.signal, onProgress }),
    );
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
            .map(({ solved, low, high }) => `${percent(solved)} (${percent(low)} to ${percent(high)})`),
        ]),
      ).join("\n"),
    );
    return { ...report, beams };
  },
  caption: (asked) =>
    withEmoji(asked, ({ emoji, means }) =>
      withCaptionTask(emoji, { ...asked, anchors: ANCHORS }, means, (task) => evaluated(task, asked)),
    ),
  questions: (asked) =>
    withEmoji(asked, ({ emoji, means }) =>
      withQuestionsTask(emoji, { ...asked, anchors: ANCHORS }, means, (task) => evaluated(task, asked)),
    ),
  synthesis: (asked) =>
    withEmoji(asked, async ({ emoji }) => {
      const gallery = await emojiGallery(emoji);
      const report = await evaluated(createSynthesisTask(gallery, asked), asked);
      const { signal, print } = asked.terminal;
      const distances = await withBar("distances", (onProgress) =>
        evaluateDistances(gallery, { ...DISTANCES, signal, onProgress }),
      );
      print(
        table(
          ["scorers", "Fréchet distance"],
          distances.map(({ scorers, distance }) => [scorers.join(" + "), distance.toFixed(4)]),
        ).join("\n"),
      );
      return { ...report, distances };
    }),
  planning: (asked) => evaluated(createPlanningTask(asked), asked),
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
  const registry = await openEncoderRegistry({ folders: [encoders], networks, log });
  try {
    const means = { registry, signal, log, progress: createProgress };
    const emoji = await embedForTasks({ ...means, directory });
    return await use({ emoji, means: { ...means, directory: join(directory, "vectors") } });
  } finally {
    await registry.close();
  }
};

const evaluated = async <Item>(task: Task<Item>, { terminal }: Asked) => {
  const report = await withBar(task.name, (onProgress) =>
    evaluateTask(task, { signal: terminal.signal, onProgress }),
  );
  terminal.print(taskTable(report));
  return report;
};

const withBar = async <T>(
  label: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> => {
  const bar = createProgress(label, "items");
  return work((done, total) => bar.update(done, total)).finally(() => bar.stop());
};

const run = async (
  { items, out, arguments: [given] }: z.infer<typeof schema>,
  terminal: Terminal,
): Promise<number> => {
  const { signal, note } = terminal;
  const names = given === "all" ? NAMES : NAMES.filter((name) => name === given);
  await mkdir(out, { recursive: true });
  try {
    for (const name of names) {
      // Half as many to choose by as to report, but for tags, of which there are 274.
      const development = name === "synthesis" ? Math.ceil(0.3 * items) : Math.ceil(items / 2);
      const report = await TASKS[name]({ development, test: items, terminal });
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
  synopsis: `${NAMES.join(" | ")} | all [--items N] [--out DIR]`,
  about: [
    "Solves problems by consensus, end to end: by every single scorer, every pair, all but one and all, for 1, 2, 4 and 8 rounds. The best single scorer and weights are chosen on items of their own; what all are ahead of it has a paired bootstrap interval. Prints tables and writes consensus-TASK.json beside them.",
    "",
    "caption: keywords for images. questions: about an image or the frames of an animation. arithmetic: word problems, beam search over steps. synthesis: vectors that show what tags mean. planning: blocks on a table, seen by five cameras.",
    "",
    "Vectors of emoji are kept under DATA_DIR/evaluation, as npm run evaluate keeps them.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    items: { type: "string", value: "N", help: "how many items are reported", default: "200" },
    out: { type: "string", value: "DIR", help: "where the files go", default: "evaluation" },
  },
  examples: ["planning", "all --items 50"],
  schema,
  run,
});
