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

const schema = ({ z, collectionOption, noArguments, urlOption, wholeNumber }: OptionSchemas) =>
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
      json: z.boolean().default(false),
      url: urlOption.optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (
  given: Given,
  { connect, signal, print, note }: CommandContext<Tuner>,
): Promise<number> => {
  const { collection, by, method: methods, budget, json, url, apply } = given;
  const client = await connect(url);
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
    if (json) print(JSON.stringify(found));
    else for (const line of tuningReport(found)) print(line);
    note(
      found.appliedAt === null
        ? "nothing is changed; with --apply queries are answered by what is found"
        : `queries are answered by it from sequence ${found.appliedAt} on`,
    );
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("tuning was stopped, and nothing is changed");
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await client.close();
  }
};

export const tuneCommand: Command<Given, CommandContext<Tuner>> = {
  name: "tune",
  synopsis: "--collection NAME [options]",
  about: [
    "Finds k, p, transform, method, rank and ensemble for a collection by cross-validation on its own anchors, without labels: captions are held out with all their anchors, and each held-out image is asked for its caption among those held out with it. What is found is kept with all that was tried; with --apply queries are answered by it.",
    "",
    "Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose anchors are asked" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes (else the captions are)",
    },
    method: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: `one that may be chosen, may be repeated: ${METHODS.join(", ")}, plug:NAME [all]`,
    },
    objective: {
      type: "string",
      value: "METRIC",
      default: objective,
      help: `what the choice is made by: ${METRICS.join(", ")}`,
    },
    folds: { type: "string", value: "N", default: String(folds), help: "parts that captions are dealt into" },
    repeats: { type: "string", value: "N", default: String(repeats), help: "how often they are dealt anew" },
    seed: { type: "string", value: "N", default: String(seed), help: "of the dealing" },
    classes: { type: "string", value: "N", default: String(classes), help: "held out at once, at most" },
    questions: {
      type: "string",
      value: "N",
      default: String(questions),
      help: "images asked about at once, at most",
    },
    budget: {
      type: "string",
      value: "SECONDS",
      default: String(budgetSeconds),
      help: "no work is begun later than this, but for a first coarse grid",
    },
    apply: { type: "boolean", help: "answer the collection's queries by what is found" },
    json: { type: "boolean", help: "print what was found, and all that was tried, as JSON" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: ["--collection emoji", "--collection birds --by species --method asif --apply"],
  schema,
  run,
};
