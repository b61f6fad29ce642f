import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isPlugged } from "../../api/methods.ts";
import { requireMethod } from "../../collections/question.ts";
import { EXIT, type CommandContext, type Terminal } from "../../command.ts";
import { encoderDirectory, type Config } from "../../config.ts";
import { openEncoderRegistry, type EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import { readTemplates } from "../files/index.ts";
import { createProgress } from "../../progress.ts";
import type { Log } from "../../types.ts";
import { openMethods } from "../methods/index.ts";
import { evaluateCollection, evaluateDataset, type CollectionReader } from "./collection.ts";
import type { Asking } from "./evaluate-tasks.ts";
import { CLASSES, evaluationForm, type OwnData } from "./options.ts";
import { evaluateEmbeddings } from "./precomputed.ts";
import { tableOf, writeReport, type Report } from "./report.ts";
import { importDefaultEncoders } from "../default-encoders/index.ts";

/**
 * Parses the runs, methods and parameters; a method `plug:NAME` is opened from `CLASSIFICATION_METHODS`.
 *
 * @throws AnchorageError `invalid-input` for a method that is not plugged in
 */
export const askingOf = async (
  given: Pick<OwnData, "seeds" | "method" | "heat-map" | "k" | "p" | "transform">,
  { config, signal }: Pick<CommandContext, "config" | "signal">,
): Promise<Asking> => {
  const { seeds, method: methods = ["asif"], k, p, transform } = given;
  const plugs = methods.some(isPlugged) ? await openMethods(config.classificationMethods) : [];
  const byName = new Map(plugs.map((plug) => [plug.name, plug]));
  for (const method of methods) requireMethod(byName, method);
  return {
    seeds,
    methods: [...new Set(methods)],
    plugs: byName,
    heatMap: given["heat-map"],
    parameters: {
      ...(k === undefined ? {} : { k }),
      ...(p === undefined ? {} : { p }),
      ...(transform === undefined ? {} : { transform }),
    },
    signal,
    progress: createProgress,
  };
};

/** Directory of image vectors that are kept between runs. */
export const evaluationDirectory = ({ dataDir }: Config): string => join(dataDir, "evaluation");

/** Opens the encoders of DATA_DIR, including the default ones. The caller closes them. */
export const openLocalEncoders = async ({ dataDir }: Config, log: Log): Promise<EncoderRegistry> => {
  const directory = encoderDirectory(dataDir);
  await importDefaultEncoders({ directory, log });
  return openEncoderRegistry({ folders: [directory], log });
};

/**
 * Evaluates classification on a collection's own anchors, on a data set, or on given embeddings.
 *
 * @throws AnchorageError `invalid-input` if neither a collection nor embeddings are given, and as {@link
 * evaluateCollection}, {@link evaluateDataset} and {@link evaluateEmbeddings}; the signal's reason if it aborts.
 */
export const evaluateOwnData = async (
  given: OwnData,
  context: CommandContext<CollectionReader>,
): Promise<Report> => {
  const asking = await askingOf(given, context);
  if (evaluationForm(given) === "embeddings") {
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
  const { collection, classes = CLASSES, by: field, folder: path } = given;
  if (collection === undefined)
    throw new AnchorageError("invalid-input", "a collection or files of embeddings must be given");
  const client = await context.connect();
  const shared = { ...asking, client, collection, log: context.log };
  try {
    if (path === undefined) return await evaluateCollection({ ...shared, classes, field });
    const templates =
      given.templates === undefined ? (given.template ?? ["{}"]) : await readTemplates(given.templates);
    const registry = await openLocalEncoders(context.config, context.log);
    return await evaluateDataset({
      ...shared,
      registry,
      path,
      classNames: given["class-names"],
      templates,
      directory: join(evaluationDirectory(context.config), "vectors"),
    }).finally(() => registry.close());
  } finally {
    await client.close();
  }
};

/**
 * Prints the result of `evaluate` as a table and writes it to the folder `out`, which is created before the
 * evaluation starts.
 *
 * @returns the exit status
 */
export const reportOn = async (
  out: string,
  { signal, show, note }: Terminal,
  evaluate: () => Promise<Report>,
): Promise<number> => {
  try {
    await mkdir(out, { recursive: true }).catch((error: unknown) => {
      throw new AnchorageError("invalid-input", `--out ${out}: ${messageOf(error)}`, { cause: error });
    });
    const report = await evaluate();
    show(report, () => [tableOf(report)]);
    for (const path of await writeReport(report, out)) note(`wrote ${path}`);
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("stopped; the vectors made so far are kept, and the same command continues from there");
    return EXIT.interrupted;
  }
};
