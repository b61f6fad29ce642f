import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { encoderDirectory } from "../src/anchorage.ts";
import { openApplication } from "../src/application/index.ts";
import { collectionOption, EXIT, runScript, urlOption, wholeNumber, type Terminal } from "../src/cli.ts";
import { readConfig, type Config } from "../src/config.ts";
import { AnchorageError, messageOf } from "../src/errors.ts";
import { importDefaultEncoders, openEncoderRegistry } from "../src/encoders/index.ts";
import {
  evaluateCollection,
  evaluateEmoji,
  evaluateFolder,
  tableOf,
  writeReport,
  type Report,
} from "../src/evaluation/index.ts";
import { createProgress } from "../src/progress.ts";

const schema = z
  .object({
    collection: collectionOption.optional(),
    folder: z.string().min(1).optional(),
    by: z.string().min(1).optional(),
    template: z.array(z.string().regex(/\{\}/, "must hold {}")).optional(),
    classes: wholeNumber(2, 100_000).optional(),
    seeds: wholeNumber(1, 100),
    tune: z.boolean().default(false),
    "image-encoder": z.string().optional(),
    "text-encoder": z.string().optional(),
    url: urlOption.optional(),
    out: z.string().min(1),
    arguments: z.array(z.string()).max(0, "takes no arguments"),
  })
  .superRefine((given, context) => {
    const refuse = (option: string, message: string): void => {
      context.addIssue({ code: "custom", path: [option], message });
    };
    if (given.collection !== undefined) {
      for (const option of ["tune", "image-encoder", "text-encoder"] as const)
        if (given[option] !== undefined && given[option] !== false)
          refuse(option, "goes without --collection");
      for (const option of ["by", "classes"] as const)
        if (given.folder !== undefined && given[option] !== undefined)
          refuse(option, "goes without --folder");
    } else {
      for (const option of ["folder", "by", "url"] as const)
        if (given[option] !== undefined) refuse(option, "needs --collection");
    }
    if (given.folder === undefined && given.template !== undefined) refuse("template", "needs --folder");
  });

/** Held out in a run, where nothing else is said. */
const CLASSES = 300;

type Given = z.infer<typeof schema>;

const evaluate = async (given: Given, config: Config, { signal, note }: Terminal): Promise<Report> => {
  const directory = encoderDirectory(config.dataDir);
  const shared = { seeds: given.seeds, signal, log: note, progress: createProgress };
  const openRegistry = async () => {
    await importDefaultEncoders({ directory, log: note });
    return openEncoderRegistry({ folders: [directory], log: note });
  };
  const { collection, folder, classes = CLASSES, template = ["{}"] } = given;
  if (collection === undefined) {
    const registry = await openRegistry();
    return evaluateEmoji({
      ...shared,
      registry,
      imageEncoder: given["image-encoder"],
      textEncoder: given["text-encoder"],
      directory: join(config.dataDir, "evaluation"),
      classes,
      tune: given.tune,
    }).finally(() => registry.close());
  }
  const application = await openApplication({ url: given.url, config, log: note });
  try {
    if (folder === undefined)
      return await evaluateCollection({ ...shared, application, collection, classes, field: given.by });
    const registry = await openRegistry();
    return await evaluateFolder({
      ...shared,
      application,
      collection,
      registry,
      folder,
      templates: template,
    }).finally(() => registry.close());
  } finally {
    await application.close();
  }
};

await runScript({
  name: "evaluate",
  synopsis: "[--collection NAME [--folder DIR | --by FIELD]] [options]",
  about: [
    "Measures zero-shot classification: top-1, top-5 and top-10 accuracy with 95 % bootstrap intervals, against chance, as the number of anchors grows. Prints a table and writes report.json and scaling.svg.",
    "",
    "Alone, it asks for emoji that no anchor shows, and what each step from plain ASIF to the default adds. With --collection it holds classes of that collection out and asks for them by its other anchors. With --folder it classifies images whose folder is named for their class.",
    "",
    "Image vectors of the emoji are kept under DATA_DIR/evaluation, so that an interrupted run goes on where it was.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection whose anchors answer" },
    folder: { type: "string", value: "DIR", help: "images to classify, a folder a class" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes (else the captions are)",
    },
    template: {
      type: "string",
      multiple: true,
      value: "TEXT",
      help: "a prompt with {} for the class's name; may be given several times [{}]",
    },
    classes: { type: "string", value: "N", help: "how many classes are held out [300]" },
    seeds: { type: "string", value: "N", help: "how many runs", default: "8" },
    tune: { type: "boolean", help: "vary k and p on the emoji that are not reported" },
    "image-encoder": { type: "string", value: "ID", help: "for the emoji, in place of the default one" },
    "text-encoder": { type: "string", value: "ID", help: "for the emoji, in place of the default one" },
    url: { type: "string", value: "URL", help: "a running service, in place of DATA_DIR" },
    out: { type: "string", value: "DIR", help: "where the files go", default: "evaluation" },
  },
  examples: [
    "--seeds 4",
    "--collection emoji",
    "--collection emoji --folder ./photos --template 'a photo of {}'",
  ],
  schema,
  run: async (given, terminal) => {
    try {
      await mkdir(given.out, { recursive: true }).catch((error: unknown) => {
        throw new AnchorageError("invalid-input", `--out ${given.out}: ${messageOf(error)}`, {
          cause: error,
        });
      });
      const report = await evaluate(given, readConfig(process.env), terminal);
      terminal.print(tableOf(report));
      for (const file of await writeReport(report, given.out)) terminal.note(`wrote ${file}`);
      return EXIT.done;
    } catch (error) {
      if (!terminal.signal.aborted) throw error;
      terminal.note("interrupted; what was embedded is kept, and the next run goes on from there");
      return EXIT.interrupted;
    }
  },
});
