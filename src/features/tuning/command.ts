import { z } from "zod";
import { method, METHODS } from "../../api/methods.ts";
import { collectionOption, EXIT, urlOption, wholeNumber, type Command, type Context } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import type { CollectionName } from "../../types.ts";
import { METRICS, TUNING_DEFAULTS, type TuneRequest, type Tuning } from "./api.ts";
import { tuningReport } from "./report.ts";

/** What tunes a collection, here or in a service. */
interface Tuner {
  tune(
    collection: CollectionName,
    request: TuneRequest,
    options: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
  ): Promise<Tuning>;
}

const { folds, repeats, seed, classes, questions, objective, budgetSeconds } = TUNING_DEFAULTS;

const schema = z
  .object({
    arguments: z.array(z.string()).max(0, "takes no arguments, only options"),
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

type Given = z.infer<typeof schema>;

const run = async (given: Given, { connect, signal, print, note }: Context<Tuner>): Promise<number> => {
  const { collection, by, method: methods, budget, json, url, apply } = given;
  const application = await connect(url);
  const progress = createProgress(`tuning ${collection}`, "steps");
  try {
    const found = await application.tune(
      collection,
      {
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
      },
      { signal, onProgress: (done, total) => progress.update(done, total) },
    );
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
    note(error.message);
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await application.close();
  }
};

export const tuneCommand: Command<Given, Context<Tuner>> = {
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
