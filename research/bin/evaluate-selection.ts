import { findCollection, ensureEncoder } from "../../src/store/index.ts";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { openCore } from "../../src/collections/index.ts";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { collectionOption, noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { readConfig } from "../../src/config.ts";
import type { SelectionMethod } from "../../src/features/selection/methods.ts";
import { notFound } from "../../src/errors.ts";
import { agreementTable, asifAccuracies, type Truth } from "../emms/selection/index.ts";
import { createProgress } from "../../src/progress.ts";
import { createSelections, SELECTION_METHODS, type Candidate } from "../../src/features/selection/index.ts";
import { defaultEncoderSource } from "../../src/features/default-encoders/index.ts";

const TRANSFORMS = ["none", "whiten"] as const;
const TRUTH = "linear-probe";

const schema = z
  .object({
    arguments: noArguments,
    collection: collectionOption,
    field: z.array(z.string().min(1), { error: "is required" }),
    method: z.array(z.enum(SELECTION_METHODS, `must be one of ${SELECTION_METHODS.join(", ")}`)).optional(),
    "image-encoder": z.array(z.string().min(1)).optional(),
    samples: wholeNumber(10, 10_000),
    classes: wholeNumber(2, 5_000),
    seeds: wholeNumber(1, 100),
  })
  .strict();

type Given = z.infer<typeof schema>;

const run = async (given: Given, { signal, print, note, log }: Terminal): Promise<number> => {
  const {
    collection: name,
    method = SELECTION_METHODS,
    "image-encoder": imageEncoders,
    samples,
    classes,
    seeds,
  } = given;
  const methods = [...new Set<SelectionMethod>([...method.filter((one) => one !== TRUTH), TRUTH])];
  const anchorage = await openCore(readConfig(process.env), log, {
    preload: false,
    encoderSources: [defaultEncoderSource],
  });
  const { store, encoders } = anchorage;
  try {
    const collection = await findCollection(store, name);
    if (collection === null) throw notFound("collection", name);
    const selections = createSelections(anchorage);
    const withBar = async <T>(
      label: string,
      work: (progress: (done: number, total: number) => void) => Promise<T>,
    ) => {
      const bar = createProgress(label, "steps");
      return work((done, total) => bar.update(done, total)).finally(() => bar.stop());
    };
    let asif: ReadonlyMap<string, number> | undefined;
    for (const field of given.field) {
      const selection = await withBar(`selecting by ${field}`, async (progress) => {
        const work = await selections.plan({
          subject: { collection: name, labels: { field } },
          ...(imageEncoders === undefined ? {} : { imageEncoders }),
          settings: { methods, transforms: TRANSFORMS, samples, bootstrap: 0 },
        });
        return work({ id: randomUUID(), signal, progress });
      });
      asif ??= await withBar("ASIF", async (onProgress) => {
        const models = [...new Set(selection.candidates.map(({ model }) => model))];
        const records = await Promise.all(
          models.map((id) => ensureEncoder(store, encoders.get(id, "image"))),
        );
        const options = { classes, seeds, signal, onProgress };
        const found = await asifAccuracies(store, collection, records, TRANSFORMS, options);
        return new Map(
          models.flatMap((model, e) =>
            TRANSFORMS.map((transform, t) => [keyOf({ model, transform }), found[e]?.[t] ?? 0] as const),
          ),
        );
      });
      const known = asif;
      const truths: Truth[] = [
        { name: "probe", of: ({ scores }) => scores[TRUTH]?.score ?? null },
        { name: "ASIF", of: (candidate) => known.get(keyOf(candidate)) ?? null },
      ];
      print(`"${name}" by ${field}`);
      for (const line of agreementTable(selection, truths)) print(line);
      print("");
    }
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("interrupted; the features that were made are kept, and the next run goes on from there");
    return EXIT.interrupted;
  } finally {
    await anchorage.close();
  }
};

const keyOf = ({ model, transform }: Pick<Candidate, "model" | "transform">): string =>
  `${model} ${transform}`;

await runScript<Given>({
  name: "evaluate-selection",
  synopsis: "--collection NAME --field FIELD... [options]",
  about: [
    "Judges scores of model selection: how far each ranks image encoders, each with and without whitening, as a linear probe does (5 folds, over the field's values) and as ASIF's top-1 accuracy does (captions held out with all their anchors), by weighted Kendall tau and top-1 regret; and how long each took for all candidates.",
    "",
    "Opens DATA_DIR (./data) itself, so no service may run on it. Features that are made are kept.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose anchors are the samples" },
    field: {
      type: "string",
      multiple: true,
      value: "FIELD",
      help: "the metadata field whose values are the labels, may be repeated",
    },
    method: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: `may be repeated: ${SELECTION_METHODS.join(", ")} [all]`,
    },
    "image-encoder": {
      type: "string",
      multiple: true,
      value: "ID",
      help: "may be repeated [every image encoder]",
    },
    samples: { type: "string", value: "N", default: "3000", help: "anchors that are drawn at most" },
    classes: {
      type: "string",
      value: "N",
      default: "300",
      help: "captions that ASIF is asked about at once",
    },
    seeds: { type: "string", value: "N", default: "3", help: "how often ASIF's captions are drawn" },
  },
  examples: ["--collection emoji --field group --field subgroup"],
  schema,
  run,
});
