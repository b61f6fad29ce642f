import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import {
  AUTHORS_FILES,
  readAccuracies,
  reproduceEmms,
  reproductionTable,
} from "../emms/reproduction/index.ts";
import { invalidField } from "../../src/errors.ts";
import { createProgress } from "../../src/progress.ts";
import { SELECTION_METHODS } from "../../src/features/selection/index.ts";

const METHODS = ["emms", "logme", "transrate", "hscore-reg", "knn"] as const;
const pattern = requiredText.includes("{dataset}", { error: "must hold {dataset}" });
const ofModel = pattern.includes("{model}", { error: "must hold {model}" });
const names = z.array(z.string().min(1)).optional();

const schema = z
  .object({
    arguments: noArguments,
    features: requiredText,
    "f-labels": z.string().min(1).optional(),
    "feature-file": ofModel,
    "label-file": ofModel,
    "f-label-file": z.array(pattern).optional(),
    accuracies: z.string().min(1).optional(),
    dataset: names,
    model: names,
    method: z.array(z.enum(SELECTION_METHODS, `must be one of ${SELECTION_METHODS.join(", ")}`)).optional(),
    rounds: z.union(
      [z.literal("optimal"), wholeNumber(1, 1_000)],
      "must be a whole number from 1 to 1000 or optimal",
    ),
    json: z.boolean().default(false),
  })
  .strict();

type Given = z.infer<typeof schema>;

const run = async (given: Given, { signal, print, note }: Terminal): Promise<number> => {
  const progress = createProgress("scoring", "scores");
  try {
    const found = await reproduceEmms({
      files: {
        features: given.features,
        fLabels: given["f-labels"] ?? given.features,
        featureFile: given["feature-file"],
        labelFile: given["label-file"],
        fLabelFiles: given["f-label-file"] ?? AUTHORS_FILES.fLabelFiles,
      },
      methods: [...new Set(given.method ?? METHODS)],
      accuracies: await accuraciesOf(given),
      rounds: given.rounds,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.stop();
    if (given.json) print(JSON.stringify(found));
    else for (const line of reproductionTable(found)) print(line);
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("interrupted; nothing is kept");
    return EXIT.interrupted;
  } finally {
    progress.stop();
  }
};

const accuraciesOf = async ({ accuracies: path, dataset, model }: Given) => {
  const all = await readAccuracies(path);
  const unknown = dataset?.find((name) => !Object.hasOwn(all, name));
  if (unknown !== undefined)
    throw invalidField(
      ["dataset"],
      `no accuracies are known on "${unknown}"; on ${Object.keys(all).join(", ")} there are`,
    );
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => dataset?.includes(name) ?? true)
      .map(([name, known]) => [
        name,
        Object.fromEntries(Object.entries(known).filter(([one]) => model?.includes(one) ?? true)),
      ]),
  );
};

await runScript<Given>({
  name: "reproduce-emms",
  synopsis: "--features DIR [options]",
  about: [
    "Prints the published comparison: weighted Kendall tau between each score and the accuracies after fine-tuning, over 11 supervised CNNs on each of 11 data sets (Meng et al., arXiv 2308.06262), with the means, how often the best model is first, and the time.",
    "",
    "Reads what forward_feature_CNN.py and Label_embedding/*.py of OpenGVLab/Multitask-Model-Selector write: of each model and data set the features, [n, d] floats, and the classes, [n] whole numbers from 0; of each data set and text encoder the label embeddings, [classes, d2] floats (or [n, d2], one row a sample). All as .npy. Data sets with files of fewer than two models are left out.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    features: { type: "string", value: "DIR", help: "where features and classes are" },
    "f-labels": { type: "string", value: "DIR", help: "where label embeddings are [the same]" },
    "feature-file": {
      type: "string",
      value: "PATTERN",
      default: AUTHORS_FILES.featureFile,
      help: "of features",
    },
    "label-file": { type: "string", value: "PATTERN", default: AUTHORS_FILES.labelFile, help: "of classes" },
    "f-label-file": {
      type: "string",
      multiple: true,
      value: "PATTERN",
      help: `of label embeddings, once for each text encoder [${AUTHORS_FILES.fLabelFiles.join(", ")}]`,
    },
    accuracies: {
      type: "string",
      value: "FILE",
      help: 'others, as JSON: {"dataset": {"model": 84.06}} [those of the 11 CNNs]',
    },
    dataset: { type: "string", multiple: true, value: "NAME", help: "one of them, may be repeated [all]" },
    model: { type: "string", multiple: true, value: "NAME", help: "one of them, may be repeated [all]" },
    method: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: `may be repeated: ${SELECTION_METHODS.join(", ")} [${METHODS.join(", ")}]`,
    },
    rounds: { type: "string", value: "N", default: "1", help: "of EMMS, or `optimal`; 1 is as published" },
    json: { type: "boolean", help: "print it as JSON" },
  },
  examples: [
    "--features results_f/group1 --f-labels .",
    "--features results_f/group1 --dataset dtd --method logme",
  ],
  schema,
  run,
});
