import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { openApplication } from "../../src/cli/application/index.ts";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { type Config, encoderDirectory, readConfig } from "../../src/config.ts";
import { AnchorageError, messageOf } from "../../src/errors.ts";
import { importDefaultEncoders, openEncoderRegistry } from "../../src/encoders/index.ts";
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
} from "../evaluation/index.ts";
import { createProgress } from "../../src/progress.ts";
import { CLASSES, formOf, options, schema } from "./evaluate-options.ts";

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
      layers: given.layers,
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
    "Alone, it asks for emoji that no anchor shows, and what each step from plain ASIF to the default adds. With --collection it holds classes of that collection out and asks for them by its other anchors. With --folder it classifies a labelled data set: a folder a class (ImageNet, EuroSAT), Oxford-IIIT Pets, or CIFAR-100's binary version. With files of embeddings (.npy of NumPy, .pt of PyTorch) it needs neither a collection nor an encoder.",
    "",
    "Image vectors are kept under DATA_DIR/evaluation, so that an interrupted run goes on where it was.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options,
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
