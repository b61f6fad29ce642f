import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { readConfig } from "../../src/config.ts";
import { evaluationDirectory, openLocalEncoders } from "../../src/features/evaluation/index.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import { measureAutoGain, type GainLine, type GainName } from "../evaluation/auto-gain.ts";
import { measureGeneratedGain } from "../evaluation/generated-gain.ts";

const GAIN_NAMES = ["auto", "asif+local", "default"] as const satisfies readonly GainName[];

/** Numbers of anchors where none is given: of emoji beside all that there are, and of made-up pairs. */
const DRAWN = [200, 500] as const;
const GENERATED = [200, 2_000] as const;

const schema = z
  .object({
    seeds: wholeNumber(1, 100),
    classes: wholeNumber(2, 1_000),
    anchors: z.array(wholeNumber(1, 100_000)).optional(),
    compare: z.enum(GAIN_NAMES, `must be one of ${GAIN_NAMES.join(", ")}`),
    generated: z.boolean().default(false),
    out: z.string().min(1),
    arguments: noArguments,
  })
  .strict();

const points = (value: number): string => value.toFixed(1).padStart(6);

const rowOf = ({ vendor, anchors, from, to, differences }: GainLine): string =>
  [
    vendor.padEnd(18),
    String(anchors).padStart(6),
    from.map(points).join(""),
    to.map(points).join(""),
    differences
      .map(({ mean, low, high }) => `${points(mean)} (${low.toFixed(1)} to ${high.toFixed(1)})`)
      .join(""),
  ].join("  ");

const linesOf = async (
  { seeds, classes, anchors, compare: gain, generated }: z.infer<typeof schema>,
  { signal, log }: Terminal,
): Promise<GainLine[]> => {
  if (generated) return measureGeneratedGain({ gain, seeds, classes, counts: anchors ?? GENERATED, signal });
  const config = readConfig(process.env);
  const registry = await openLocalEncoders(config, log);
  try {
    return await measureAutoGain({
      registry,
      directory: evaluationDirectory(config),
      ...{ gain, seeds, classes, signal, log },
      counts: anchors ?? [...DRAWN, null],
      progress: createProgress,
    });
  } finally {
    await registry.close();
  }
};

const run = async (given: z.infer<typeof schema>, terminal: Terminal): Promise<number> => {
  const { print, note } = terminal;
  const lines = await linesOf(given, terminal);
  print(
    `${"unseen vendor".padEnd(18)} anchors  both sides of ${given.compare}, and the gain at top-1, 5 and 10`,
  );
  for (const line of lines) print(rowOf(line));
  await mkdir(given.out, { recursive: true });
  const path = join(given.out, "auto-gain.json");
  await writeFile(path, `${JSON.stringify(lines, null, 2)}\n`);
  note(`wrote ${path}`);
  return EXIT.done;
};

await runScript({
  name: "auto-gain",
  synopsis: "[--compare NAME] [--generated] [--seeds N] [--anchors N ...] [--out DIR]",
  about:
    "Measures what the defaults gain: `auto` on the settings that collections had before it, `asif+local` on `asif`, or both together (default). Each vendor of the emoji sample in turn is asked about, by anchors of the others that show other emoji. Image vectors are kept under DATA_DIR/evaluation. Prints a table and writes auto-gain.json.",
  options: {
    compare: { type: "string", value: "NAME", help: GAIN_NAMES.join(", "), default: "auto" },
    generated: { type: "boolean", help: "of made-up pairs instead of emoji" },
    seeds: { type: "string", value: "N", help: "how many runs", default: "8" },
    classes: { type: "string", value: "N", help: "how many classes are held out", default: "200" },
    anchors: {
      type: "string",
      multiple: true,
      value: "N",
      help: "so many anchors [200, 500 and all that there are; 200 and 2000 if generated]",
    },
    out: { type: "string", value: "DIR", help: "where the file goes", default: "evaluation" },
  },
  examples: ["--seeds 2 --anchors 300", "--compare asif+local --generated --anchors 2000"],
  schema,
  run,
});
