import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { fromBase64 } from "../../src/store/index.ts";
import type { AnchorId, Metadata } from "../../src/types.ts";
import { measureStyle, type Drawing, type StyleReport } from "../evaluation/adaptation/measure.ts";

const schema = z
  .object({
    url: z.string().min(1),
    collection: z.string().min(1),
    vendor: z.string().min(1).optional(),
    arguments: z.array(z.string()).max(0),
  })
  .strict();

interface Page {
  readonly anchors: readonly {
    readonly id: AnchorId;
    readonly text: string;
    readonly metadata: Metadata;
    readonly imageVector: string;
    readonly textVector: string;
  }[];
  readonly nextCursor: string | null;
}

const readDrawings = async (url: string, collection: string): Promise<Drawing[]> => {
  const drawings: Drawing[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = new URLSearchParams({
      limit: "200",
      vectors: "base64",
      ...(cursor === "" ? {} : { cursor }),
    });
    const answer = await fetch(`${url}/v1/collections/${collection}/anchors?${query.toString()}`);
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    const { anchors, nextCursor } = (await answer.json()) as Page;
    for (const { id, text, metadata, imageVector, textVector } of anchors)
      drawings.push({ id, text, metadata, image: fromBase64(imageVector), words: fromBase64(textVector) });
    cursor = nextCursor ?? null;
  }
  return drawings;
};

const percent = (value: number): string => (100 * value).toFixed(1);

const linesOf = ({ vendor, shift, vote, words, gain }: StyleReport): string[] => [
  ...(["group", "subgroup", "hexcode"] as const).map(
    (label) =>
      `| ${vendor} (${shift.toFixed(3)}) | ${label} | ${percent(vote[label].now)} | ${percent(vote[label].mean)} | ${percent(vote[label].aligned)} |`,
  ),
  `| ${vendor} | top 1/5/10 | ${[words.now, words.mean, words.aligned].map((tops) => tops.map(percent).join("/")).join(" | ")} |`,
  `${vendor}: top 1 ${gain.mean >= 0 ? "+" : ""}${percent(gain.mean)} (${percent(gain.half)})`,
];

const run = async (
  { url, collection, vendor: only }: z.infer<typeof schema>,
  terminal: Terminal,
): Promise<number> => {
  const drawings = await readDrawings(url, collection);
  const named = drawings.flatMap(({ metadata: { vendor } }) => (typeof vendor === "string" ? [vendor] : []));
  const vendors = [...new Set(named)].sort();
  terminal.print("| target (shift) | labels | as now | mean only | aligned |");
  for (const vendor of only === undefined ? vendors : [only])
    for (const line of linesOf(await measureStyle(drawings, vendor))) terminal.print(line);
  return EXIT.done;
};

await runScript({
  name: "evaluate-adaptation",
  synopsis: "[--url URL] [--collection NAME] [--vendor NAME]",
  about:
    "Keeps each vendor's drawings of the sample out of the anchors in turn, as a new style, and measures answers to them as they are, with their mean aligned, and with mean and covariance aligned.",
  options: {
    url: {
      type: "string",
      value: "URL",
      default: "http://127.0.0.1:8080",
      help: "the service that has the sample",
    },
    collection: { type: "string", value: "NAME", default: "emoji", help: "the collection of emoji" },
    vendor: { type: "string", value: "NAME", help: "measure this one alone [each in turn]" },
  },
  examples: ["--collection emoji --vendor openmoji"],
  schema,
  run,
});
