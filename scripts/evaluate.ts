import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { encoderDirectory } from "../src/anchorage.ts";
import { openApplication } from "../src/application/index.ts";
import { METHODS } from "../src/asif/index.ts";
import { collectionOption, EXIT, runScript, urlOption, wholeNumber, type Terminal } from "../src/cli.ts";
import { readConfig, type Config } from "../src/config.ts";
import { AnchorageError, messageOf } from "../src/errors.ts";
import { importDefaultEncoders, openEncoderRegistry } from "../src/encoders/index.ts";
import {
  evaluateCollection,
  evaluateDataset,
  evaluateEmbeddings,
  evaluateEmoji,
  readTemplates,
  tableOf,
  writeReport,
  type Asking,
  type Report,
} from "../src/evaluation/index.ts";
import { createProgress } from "../src/progress.ts";

/** Held out in a run, where nothing else is said. */
const CLASSES = 300;

const file = z.string().min(1);
const schema = z
  .object({
    collection: collectionOption.optional(),
    folder: file.optional(),
    "class-names": file.optional(),
    by: z.string().min(1).optional(),
    template: z.array(z.string().regex(/\{\}/, "must hold {}")).optional(),
    templates: file.optional(),
    "anchors-images": file.optional(),
    "anchors-texts": file.optional(),
    images: file.optional(),
    labels: file.optional(),
    texts: file.optional(),
    "templates-per-class": wholeNumber(1, 10_000).optional(),
    method: z.array(z.enum(METHODS, `must be one of ${METHODS.join(", ")}`)).optional(),
    k: wholeNumber(1, 100_000).optional(),
    p: z.coerce
      .number("must be a number")
      .positive("must be above 0")
      .max(64, "must be at most 64")
      .optional(),
    transform: z.enum(["none", "center", "whiten"], "must be none, center or whiten").optional(),
    classes: wholeNumber(2, 100_000).optional(),
    seeds: wholeNumber(1, 100),
    "heat-map": z.boolean().default(false),
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
    const is = formOf(given);
    for (const [option, { needs, forms }] of Object.entries(BELONGS)) {
      const value = given[option as keyof typeof BELONGS];
      const fits: readonly Form[] = forms;
      if (value !== undefined && value !== false && !fits.includes(is)) refuse(option, needs);
    }
    if (is === "embeddings")
      for (const option of FILES)
        if (given[option] === undefined) refuse(option, "is required beside the others");
    if (is === "embeddings" && given.collection !== undefined)
      refuse("collection", "goes without files of embeddings");
    if (given.template !== undefined && given.templates !== undefined)
      refuse("template", "goes without --templates");
  });

/** Files of embeddings; one needs all. */
const FILES = ["anchors-images", "anchors-texts", "images", "labels", "texts"] as const;

type Form = "emoji" | "collection" | "dataset" | "embeddings";

/** What is evaluated follows from what was given. */
const formOf = (given: Readonly<Record<string, unknown>>): Form => {
  if (FILES.some((option) => given[option] !== undefined)) return "embeddings";
  if (given.collection === undefined) return "emoji";
  return given.folder === undefined ? "collection" : "dataset";
};

/** Options that not every form knows. */
const BELONGS = {
  folder: { needs: "needs --collection", forms: ["dataset"] },
  by: { needs: "needs --collection, without --folder", forms: ["collection"] },
  url: { needs: "needs --collection", forms: ["collection", "dataset"] },
  "class-names": { needs: "needs --folder", forms: ["dataset"] },
  template: { needs: "needs --folder", forms: ["dataset"] },
  templates: { needs: "needs --folder", forms: ["dataset"] },
  "templates-per-class": { needs: "needs files of embeddings", forms: ["embeddings"] },
  k: { needs: "needs --collection or files of embeddings", forms: ["collection", "dataset", "embeddings"] },
  p: { needs: "needs --collection or files of embeddings", forms: ["collection", "dataset", "embeddings"] },
  transform: {
    needs: "needs --collection or files of embeddings",
    forms: ["collection", "dataset", "embeddings"],
  },
  classes: { needs: "goes without --folder and files of embeddings", forms: ["emoji", "collection"] },
  tune: { needs: "is for the emoji alone", forms: ["emoji"] },
  "image-encoder": { needs: "is for the emoji alone", forms: ["emoji"] },
  "text-encoder": { needs: "is for the emoji alone", forms: ["emoji"] },
} as const satisfies Readonly<Record<string, { needs: string; forms: readonly Form[] }>>;

type Given = z.infer<typeof schema>;

const evaluate = async (given: Given, config: Config, { signal, note }: Terminal): Promise<Report> => {
  const { k, p, transform, method: methods = ["asif"], classes = CLASSES } = given;
  const directory = join(config.dataDir, "evaluation");
  const asking: Asking = {
    seeds: given.seeds,
    methods: [...new Set(methods)],
    heatMap: given["heat-map"],
    parameters: {
      ...(k === undefined ? {} : { k }),
      ...(p === undefined ? {} : { p }),
      ...(transform === undefined ? {} : { transform }),
    },
    signal,
    progress: createProgress,
  };
  const form = formOf(given);
  if (form === "embeddings") {
    const files = {
      anchorImages: given["anchors-images"] ?? "",
      anchorTexts: given["anchors-texts"] ?? "",
      images: given.images ?? "",
      labels: given.labels ?? "",
      texts: given.texts ?? "",
      promptsPerClass: given["templates-per-class"] ?? 1,
    };
    return evaluateEmbeddings({ ...asking, files });
  }
  const openRegistry = async () => {
    const encoders = encoderDirectory(config.dataDir);
    await importDefaultEncoders({ directory: encoders, log: note });
    return openEncoderRegistry({ folders: [encoders], log: note });
  };
  const { collection, folder: path } = given;
  if (collection === undefined) {
    const registry = await openRegistry();
    return evaluateEmoji({
      ...asking,
      log: note,
      registry,
      imageEncoder: given["image-encoder"],
      textEncoder: given["text-encoder"],
      directory,
      classes,
      tune: given.tune,
    }).finally(() => registry.close());
  }
  const application = await openApplication({ url: given.url, config, log: note });
  const shared = { ...asking, application, collection, log: note };
  try {
    if (path === undefined) return await evaluateCollection({ ...shared, classes, field: given.by });
    const templates =
      given.templates === undefined ? (given.template ?? ["{}"]) : await readTemplates(given.templates);
    const registry = await openRegistry();
    return await evaluateDataset({
      ...shared,
      registry,
      path,
      classNames: given["class-names"],
      templates,
      directory: join(directory, "vectors"),
    }).finally(() => registry.close());
  } finally {
    await application.close();
  }
};

await runScript({
  name: "evaluate",
  synopsis: "[--collection NAME [--folder DIR | --by FIELD]] [options]",
  about: [
    "Measures zero-shot classification: top-1, top-5 and top-10 accuracy with 95 % bootstrap intervals, against chance, as the number of anchors grows. Prints a table and writes report.json, scaling.svg and, with --heat-map, heat-map.svg.",
    "",
    "Alone, it asks for emoji that no anchor shows, and what each step from plain ASIF to the default adds. With --collection it holds classes of that collection out and asks for them by its other anchors. With --folder it classifies a labelled data set: a folder a class (ImageNet, EuroSAT), Oxford-IIIT Pets, or CIFAR-100's binary version. With .npy files of embeddings it needs neither a collection nor an encoder.",
    "",
    "Image vectors are kept under DATA_DIR/evaluation, so that an interrupted run goes on where it was.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection whose anchors answer" },
    folder: { type: "string", value: "DIR", help: "a labelled data set to classify" },
    "class-names": {
      type: "string",
      value: "FILE",
      help: "what its classes are called: one a line in their order, lines of `n01440764 tench, Tinca tinca`, or JSON [LOC_synset_mapping.txt or fine_label_names.txt where it is there, else the folders' names]",
    },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes (else the captions are)",
    },
    template: {
      type: "string",
      multiple: true,
      value: "TEXT",
      help: "a prompt with {} for the class's name; may be given several times, and the best counts [{}]",
    },
    templates: {
      type: "string",
      value: "FILE",
      help: "prompts from a file, one a line or JSON, or those of ASIF's authors by name: imagenet, cifar-100, pets, eurosat (that of CLIP)",
    },
    "anchors-images": {
      type: "string",
      value: "FILE",
      help: ".npy of the anchors' images, n x d; several files by a pattern such as 'images-*.npy'",
    },
    "anchors-texts": { type: "string", value: "FILE", help: ".npy of the anchors' texts, n x d'" },
    images: { type: "string", value: "FILE", help: ".npy of the images to classify, q x d" },
    labels: { type: "string", value: "FILE", help: ".npy of their classes, q whole numbers from 0" },
    texts: {
      type: "string",
      value: "FILE",
      help: ".npy of the classes' prompts, class by class, (c m) x d'",
    },
    "templates-per-class": { type: "string", value: "M", help: "how many prompts a class has there [1]" },
    method: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: `${METHODS.join(", ")}; given several times, they are compared with the first [asif]`,
    },
    k: { type: "string", value: "N", help: "in place of the collection's [800 for embeddings]" },
    p: { type: "string", value: "X", help: "in place of the collection's [8 for embeddings]" },
    transform: {
      type: "string",
      value: "KIND",
      help: "none, center or whiten, in place of the collection's [none for embeddings]",
    },
    classes: { type: "string", value: "N", help: `how many classes are held out [${CLASSES}]` },
    seeds: { type: "string", value: "N", help: "how many runs", default: "8" },
    "heat-map": { type: "boolean", help: "vary k and p as well, and draw what comes of it" },
    tune: { type: "boolean", help: "vary k and p on the emoji that are not reported" },
    "image-encoder": { type: "string", value: "ID", help: "for the emoji, in place of the default one" },
    "text-encoder": { type: "string", value: "ID", help: "for the emoji, in place of the default one" },
    url: { type: "string", value: "URL", help: "a running service, in place of DATA_DIR" },
    out: { type: "string", value: "DIR", help: "where the files go", default: "evaluation" },
  },
  examples: [
    "--method asif --method consensus",
    "--collection emoji",
    "--collection pairs --folder imagenet/val --templates imagenet",
    "--anchors-images A.npy --anchors-texts T.npy --images I.npy --labels L.npy --texts P.npy --templates-per-class 7",
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
      for (const path of await writeReport(report, given.out)) terminal.note(`wrote ${path}`);
      return EXIT.done;
    } catch (error) {
      if (!terminal.signal.aborted) throw error;
      terminal.note("interrupted; what was embedded is kept, and the next run goes on from there");
      return EXIT.interrupted;
    }
  },
});
