import type { z } from "zod";
import type { CoreClient } from "../../client/index.ts";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { createProgress } from "../../progress.ts";
import type { CalibrationBody, CalibrationClient } from "./client.ts";

/** The part of Anchorage that calibrates. */
type Calibrator = Pick<CoreClient, "waitForJob"> & { collection(name: string): CalibrationClient };

const schema = ({ z, collectionOption, jsonObject, noArguments, requiredText, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      by: requiredText.optional(),
      classes: wholeNumber(2, 10_000).optional(),
      images: wholeNumber(100, 100_000).optional(),
      seed: wholeNumber(0, 999_999_999).optional(),
      filter: jsonObject.optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;
type Request = NonNullable<Parameters<CalibrationClient["calibrate"]>[0]>;

const run = async (
  { collection: name, by, classes, images, seed, filter }: Given,
  { connect, show, signal, note }: CommandContext<Calibrator>,
): Promise<number> => {
  const client = await connect();
  const progress = createProgress(`calibrating ${name}`, "steps");
  try {
    const collection = client.collection(name);
    const job = await collection.calibrate({
      ...(by === undefined ? {} : { by }),
      ...(classes === undefined ? {} : { classes }),
      ...(images === undefined ? {} : { images }),
      ...(seed === undefined ? {} : { seed }),
      ...(filter === undefined ? {} : { filter: filter as NonNullable<Request["filter"]> }),
    });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    progress.stop();
    const [newest] = (await collection.listCalibrations()).toSorted((a, b) =>
      b.calibratedAt.localeCompare(a.calibratedAt),
    );
    show(newest ?? null, () => (newest === undefined ? [] : linesOf(newest)));
    note('queries may ask for probabilities now: "probabilities": true in POST /classify');
    return EXIT.done;
  } finally {
    progress.stop();
    await client.close();
  }
};

const linesOf = ({ anchors, folds, settings, byClasses }: CalibrationBody): string[] => [
  `${anchors} anchors in ${folds} folds, method ${settings.method}`,
  ...columns([
    ["classes", "accuracy", "mean confidence", "calibration error", "images"],
    ...byClasses.map((found) => [
      String(found.classes),
      found.accuracy.toFixed(3),
      found.meanConfidence.toFixed(3),
      found.expectedCalibrationError.tested.toFixed(3),
      String(found.testedImages),
    ]),
  ]),
];

/** `anchorage calibrate`. */
export const calibrateCommand: Command<Given, CommandContext<Calibrator>> = {
  name: "calibrate",
  on: "anchorage",
  synopsis: "--collection NAME [options]",
  about:
    "Measures on held-out anchors how sure a collection's answers may be, so that queries can ask for probabilities, abstain below a risk, and get sets of classes that contain the true one with a given probability. Prints, for several numbers of classes, accuracy beside mean confidence.",
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to calibrate" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes [the captions]",
    },
    classes: {
      type: "string",
      value: "N",
      help: "a number of classes to measure beside 2, 3, 4, 6, 8 and so on",
    },
    images: { type: "string", value: "N", help: "how many held-out images to classify, at most [4000]" },
    seed: { type: "string", value: "N", help: "the seed of the folds [0]" },
    filter: { type: "string", value: "JSON", help: "only anchors with this metadata take part" },
  },
  examples: ["--collection emoji", "--collection birds --by species --classes 37"],
  schema,
  run,
};
