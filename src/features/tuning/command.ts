import type { z } from "zod";
import { method, METHODS } from "../../api/methods.ts";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import type { CoreClient } from "../../client/index.ts";
import { METRICS, tuning, TUNING_DEFAULTS } from "./api.ts";
import type { TuningClient } from "./client.ts";
import { tuningReport } from "./report.ts";

/** The methods of Anchorage that tuning a collection needs. */
type Tuner = Pick<CoreClient, "waitForJob"> & { collection(name: string): TuningClient };

const { folds, repeats, seed, classes, questions, objective, budgetSeconds } = TUNING_DEFAULTS;

const schema = ({ z, collectionOption, noArguments, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      by: z.string().min(1).optional(),
      method: z.array(method).optional(),
      objective: z.enum(METRICS, `must be one of ${METRICS.join(", ")}`),
      folds: wholeNumber(2, 10),
      repeats: wholeNumber(1, 10),
      seed: wholeNumber(0, 999_999_999),
      classes: wholeNumber(2, 5_000),
      questions: wholeNumber(2, 5_000),
      budget: wholeNumber(1, 86_400),
      apply: z.boolean().default(false),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { connect, signal, show, note }: CommandContext<Tuner>): Promise<number> => {
  const { collection, by, method: methods, budget, apply } = given;
  const client = await connect();
  const tuner = client.collection(collection);
  const progress = createProgress(`tuning ${collection}`, "steps");
  try {
    const job = await tuner.tune({
      ...(by === undefined ? {} : { by }),
      ...(methods === undefined ? {} : { methods: [...new Set(methods)] }),
      objective: given.objective,
      folds: given.folds,
      repeats: given.repeats,
      seed: given.seed,
      classes: given.classes,
      questions: given.questions,
      budgetSeconds: budget,
      apply,
    });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    const found = tuning.parse(await tuner.getTuning());
    progress.stop();
    show(found, () => tuningReport(found));
    note(
      found.appliedAt === null
        ? "nothing is changed; --apply makes queries use these settings"
        : `queries use these settings from sequence ${found.appliedAt} on`,
    );
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("stopped; nothing is changed");
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await client.close();
  }
};

export const tuneCommand: Command<Given, CommandContext<Tuner>> = {
  name: "tune",
  on: "anchorage",
  synopsis: "--collection NAME [options]",
  about:
    "Finds k, p, transform, method, rank and ensemble for a collection by cross-validation on its own anchors, without labels: captions are held out with all their anchors, and each held-out image is classified among the captions held out with it. The result is kept with everything that was tried; --apply makes queries use it.",
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to tune" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes [the captions]",
    },
    method: {
      type: "string",
      multiple: true,
      value: "NAME",
      choices: METHODS,
      help: `a method to try; may be repeated: ${METHODS.join(", ")}, plug:NAME [all]`,
    },
    objective: {
      type: "string",
      value: "METRIC",
      default: objective,
      choices: METRICS,
      help: `the metric to choose by: ${METRICS.join(", ")}`,
    },
    folds: {
      type: "string",
      value: "N",
      default: String(folds),
      help: "how many folds captions are dealt into",
    },
    repeats: {
      type: "string",
      value: "N",
      default: String(repeats),
      help: "how many times captions are dealt into folds",
    },
    seed: { type: "string", value: "N", default: String(seed), help: "the seed of the folds" },
    classes: {
      type: "string",
      value: "N",
      default: String(classes),
      help: "how many classes to hold out at once, at most",
    },
    questions: {
      type: "string",
      value: "N",
      default: String(questions),
      help: "how many images to classify at once, at most",
    },
    budget: {
      type: "string",
      value: "SECONDS",
      default: String(budgetSeconds),
      help: "start no more work after this time, except a first coarse grid",
    },
    apply: { type: "boolean", help: "make the collection's queries use the result" },
  },
  examples: ["--collection emoji", "--collection birds --by species --method asif --apply"],
  schema,
  run,
};
