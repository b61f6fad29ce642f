import type { z } from "zod";
import { withAnchorage } from "../../src/cli/run-command.ts";
import type { CommandContext } from "../../src/command.ts";
import { ENDS, MEASURES, OWN_DATA, OWN_EXAMPLES } from "../../src/features/evaluation/command.ts";
import {
  askingOf,
  evaluateOwnData,
  evaluationDirectory,
  openLocalEncoders,
  reportOn,
  type CollectionReader,
  type Report,
} from "../../src/features/evaluation/index.ts";
import { CLASSES } from "../../src/features/evaluation/options.ts";
import { evaluateEmoji } from "../evaluation/index.ts";
import { formOf, options, schema } from "./evaluate-options.ts";

type Given = z.infer<typeof schema>;

const evaluate = async (given: Given, context: CommandContext<CollectionReader>): Promise<Report> => {
  if (formOf(given) !== "emoji") return evaluateOwnData(given, context);
  const asking = await askingOf(given, context);
  const registry = await openLocalEncoders(context.config, context.log);
  return evaluateEmoji({
    ...asking,
    log: context.log,
    registry,
    imageEncoder: given["image-encoder"],
    textEncoder: given["text-encoder"],
    directory: evaluationDirectory(context.config),
    classes: given.classes ?? CLASSES,
    tune: given.tune,
    layers: given.layers,
  }).finally(() => registry.close());
};

await withAnchorage<Given>(
  {
    name: "evaluate",
    on: "anchorage",
    synopsis: "[--collection NAME [--folder DIR | --by FIELD]] [options]",
    about: [
      MEASURES,
      "",
      `Alone, it asks for emoji that no anchor shows, and what each step from plain ASIF to the default adds. ${OWN_DATA}`,
      "",
      ENDS,
    ].join("\n"),
    options,
    examples: ["--method asif --method consensus", ...OWN_EXAMPLES],
    schema: () => schema,
    run: (given, context) => reportOn(given.out, context, () => evaluate(given, context)),
  },
  "npm run evaluate --",
)(process.argv.slice(2));
