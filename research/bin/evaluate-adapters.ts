import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import { decoderDirectory, encoderDirectory, networkDirectory, readConfig } from "../../src/config.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import { DECODER_ID, openDecoderModel } from "../../src/features/epalm/index.ts";
import { epalmTable, evaluateAdapters, growthChart, PLANS } from "../epalm/study/index.ts";
import { createProgress } from "../../src/progress.ts";
import { defaultEncoderSource, importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

const schema = z
  .object({
    arguments: noArguments,
    decoder: requiredText.regex(DECODER_ID, "must be a folder's name"),
    out: requiredText,
    steps: wholeNumber(1, 1_000_000),
    seed: wholeNumber(0, 999_999_999),
    only: z
      .array(
        z.enum(
          PLANS.map(({ id }) => id),
          `must be one of ${PLANS.map(({ id }) => id).join(", ")}`,
        ),
      )
      .default([]),
    "no-others": z.boolean().default(false),
  })
  .strict();

type Given = z.infer<typeof schema>;

const run = async (given: Given, { signal, print, note, log }: Terminal): Promise<number> => {
  const { dataDir } = readConfig(process.env);
  await importDefaultEncoders({ directory: encoderDirectory(dataDir), log });
  const registry = await openEncoderRegistry({
    folders: [encoderDirectory(dataDir)],
    networks: { directory: networkDirectory(dataDir), known: defaultEncoderSource.networks },
    log,
  });
  const decoder = await openDecoderModel(join(decoderDirectory(dataDir), given.decoder));
  try {
    const report = await evaluateAdapters({
      registry,
      decoder,
      directory: join(dataDir, "evaluation", "epalm"),
      steps: given.steps,
      seed: given.seed,
      only: given.only,
      others: !given["no-others"],
      signal,
      progress: createProgress,
      onOutcome: ({ plan, scores, steps, seconds }) => {
        const { seen, unseen } = scores;
        note(
          `${plan.id}: exact match ${seen.all?.value.toFixed(1) ?? ""} % of seen, ${unseen.all?.value.toFixed(1) ?? ""} % of unseen emoji; ${steps} steps in ${seconds.training.toFixed(0)} s, asked in ${seconds.answering.toFixed(0)} s`,
        );
      },
    });
    const table = epalmTable(report);
    print(table);
    await mkdir(given.out, { recursive: true });
    const files: [string, string | null][] = [
      ["epalm.json", `${JSON.stringify(report, null, 2)}\n`],
      ["epalm-table.md", table],
      ["epalm-seen.svg", growthChart(report, "seen")],
      ["epalm-unseen.svg", growthChart(report, "unseen")],
    ];
    for (const [name, content] of files) {
      if (content === null) continue;
      await writeFile(join(given.out, name), content);
      note(`wrote ${join(given.out, name)}`);
    }
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("interrupted; what was made is kept, and the next run goes on from there");
    return EXIT.interrupted;
  } finally {
    await decoder.close();
    await registry.close();
  }
};

await runScript<Given>({
  name: "evaluate-adapters",
  synopsis: "[options]",
  about: [
    "Trains adapters on a frozen decoder in many ways, and asks about emoji: what is it, which colour, which group, how many are there, and for a caption. Half of the tests are of emoji that were trained on, drawn by a vendor that was not; the others of emoji of which no drawing was trained on. Prints exact match, CIDEr and BLEU-4 with 95 % bootstrap intervals as Markdown, and writes epalm.json, epalm-table.md, epalm-seen.svg and epalm-unseen.svg.",
    "",
    "Features, adapters and outcomes are kept under DATA_DIR/evaluation/epalm, so that an interrupted run goes on where it was. The decoder is one of DATA_DIR/decoders (npm run train-decoder).",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    decoder: { type: "string", value: "ID", default: "emoji-5m", help: "a folder of DATA_DIR/decoders" },
    out: { type: "string", value: "DIR", default: "evaluation", help: "where reports are written" },
    steps: {
      type: "string",
      value: "N",
      default: "500",
      help: "steps of 16 rows of each training, rounded to whole epochs; half of them on fewer images",
    },
    seed: { type: "string", value: "N", default: "1", help: "of the trainings" },
    only: {
      type: "string",
      multiple: true,
      value: "ID",
      help: `may be repeated: ${PLANS.map(({ id }) => id).join(", ")} [all]`,
    },
    "no-others": { type: "boolean", help: "leave out clips and sounds" },
  },
  examples: ["", "--only blind --only adapter --only adapter-retrieved --steps 100"],
  schema,
  run,
});
