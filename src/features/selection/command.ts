import type { z } from "zod";
import type { CoreClient } from "../../client/index.ts";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import { readTemplates } from "../files/index.ts";
import { createProgress } from "../../progress.ts";
import type { SelectionClient } from "./client.ts";
import { SELECTION_DEFAULTS } from "./defaults.ts";
import { SELECTION_METHODS } from "./methods.ts";
import { selectionTable } from "./report.ts";

/** The part of Anchorage that ranks encoders. */
type Selector = Pick<CoreClient, "waitForJob"> & SelectionClient;

const TRANSFORMS = ["none", "center", "whiten", "auto"] as const;
const { methods: METHODS, transforms, rounds, samples, bootstrap, seed } = SELECTION_DEFAULTS;

const schema = ({ z, collectionOption, noArguments, wholeNumber }: OptionSchemas) => {
  const list = z.array(z.string().min(1)).optional();
  return z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      field: z.string().min(1).optional(),
      captions: z.boolean().default(false),
      "image-encoder": list,
      "text-encoder": list,
      method: z.array(z.enum(SELECTION_METHODS, `must be one of ${SELECTION_METHODS.join(", ")}`)).optional(),
      truth: z.boolean().default(false),
      transform: z.array(z.enum(TRANSFORMS, `must be one of ${TRANSFORMS.join(", ")}`)).optional(),
      template: z.array(z.string().includes("{}", { error: "must hold {}" })).optional(),
      templates: z.string().min(1).optional(),
      rounds: z.union(
        [z.literal("optimal"), wholeNumber(1, 1_000)],
        "must be a whole number from 1 to 1000 or optimal",
      ),
      samples: wholeNumber(10, 10_000),
      bootstrap: wholeNumber(0, 1_000),
      seed: wholeNumber(0, 999_999_999),
    })
    .strict()
    .refine(({ field, captions }) => (field === undefined) === captions, {
      path: ["field"],
      message: "or --captions must be given, one of them: what anchors are labelled by",
    });
};

type Given = z.output<ReturnType<typeof schema>>;

const settingsOf = async (given: Given) => {
  const { method, truth, transform, template, templates } = given;
  const texts = templates === undefined ? template : await readTemplates(templates);
  const asked = [...(method ?? METHODS), ...(truth ? (["linear-probe"] as const) : [])];
  return {
    // Without a method the service chooses by the labels.
    ...(method === undefined && !truth ? {} : { methods: [...new Set(asked)] }),
    ...(transform === undefined ? {} : { transforms: [...new Set(transform)] }),
    ...(texts === undefined ? {} : { templates: [...texts] }),
    rounds: given.rounds,
    samples: given.samples,
    bootstrap: given.bootstrap,
    seed: given.seed,
  };
};

const run = async (
  given: Given,
  { connect, signal, show, note }: CommandContext<Selector>,
): Promise<number> => {
  const { collection, field, "image-encoder": imageEncoders, "text-encoder": textEncoders } = given;
  const settings = await settingsOf(given);
  const client = await connect();
  const progress = createProgress(`selecting for ${collection}`, "steps");
  try {
    const job = await client.select({
      collection,
      labels: field === undefined ? { captions: true } : { field },
      ...(imageEncoders === undefined ? {} : { imageEncoders }),
      ...(textEncoders === undefined ? {} : { textEncoders }),
      ...settings,
    });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    const found = await client.getSelection(job.id);
    if (!("candidates" in found)) throw new AnchorageError("conflict", `selection ${job.id} is not done`);
    progress.stop();
    show(found, () => selectionTable(found));
    note(`kept as selection ${found.id}`);
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("stopped; the vectors made so far are kept, and the same command continues from there");
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await client.close();
  }
};

export const selectEncoderCommand: Command<Given, CommandContext<Selector>> = {
  name: "select-encoder",
  on: "anchorage",
  synopsis: "--collection NAME (--field FIELD | --captions) [options]",
  about: [
    "Ranks image encoders for a collection without fine-tuning any: every encoder, with each transform, by how well its features of the stored images fit the anchors' labels, as several text encoders embed them. Prints each candidate's score, rank, and how often it comes first over random halves of the samples; each method's winner, its margin, and the time.",
    "",
    "New vectors are kept with the anchors, so an interrupted run continues where it stopped.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection whose anchors are the samples" },
    field: { type: "string", value: "FIELD", help: "the metadata field whose values are the labels" },
    captions: { type: "boolean", help: "use the captions as labels" },
    "image-encoder": {
      type: "string",
      multiple: true,
      value: "ID",
      help: "a candidate; may be repeated [every image encoder]",
    },
    "text-encoder": {
      type: "string",
      multiple: true,
      value: "ID",
      help: "an encoder that embeds the labels; may be repeated [every text encoder]",
    },
    method: {
      type: "string",
      multiple: true,
      value: "NAME",
      choices: SELECTION_METHODS,
      help: `a score; may be repeated, and the first orders the table: ${SELECTION_METHODS.join(", ")} [${METHODS.join(", ")}; emms and logme-f if no two anchors share a class]`,
    },
    truth: { type: "boolean", help: "add the linear probe, which is slow and exact" },
    transform: {
      type: "string",
      multiple: true,
      value: "NAME",
      choices: TRANSFORMS,
      help: `a transform to try; may be repeated: ${TRANSFORMS.join(", ")} [${transforms.join(" and ")}]`,
    },
    template: {
      type: "string",
      multiple: true,
      value: "TEXT",
      help: "a prompt with {} for the label; may be repeated [{}]",
    },
    templates: {
      type: "string",
      value: "NAME",
      help: "a set of prompts (imagenet, cifar-100, pets, eurosat) or a file of them",
    },
    rounds: {
      type: "string",
      value: "N",
      default: String(rounds),
      help: "rounds of EMMS, or `optimal`; 1 is as published",
    },
    samples: {
      type: "string",
      value: "N",
      default: String(samples),
      help: "how many anchors to draw, at most",
    },
    bootstrap: {
      type: "string",
      value: "N",
      default: String(bootstrap),
      help: "how many random halves to score, at most",
    },
    seed: { type: "string", value: "N", default: String(seed), help: "the seed of the draws" },
  },
  examples: ["--collection emoji --field subgroup", "--collection birds --captions --method emms --truth"],
  schema,
  run,
};
