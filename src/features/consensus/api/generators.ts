import { z } from "@hono/zod-openapi";
import { placesOf } from "../generators/index.ts";
import type { Payload } from "../types.ts";
import { DECODER_ID } from "../../epalm/index.ts";
import { anchorId, modality, optional, text, vector, type GivenVector } from "../../../api/values.ts";
import { numbersOf } from "../../../store/float32.ts";
import { remoteEndpoint, field, oneOf } from "./scorers.ts";

const MOST_NEAREST = 10_000;
const MOST_WORDS = 5_000;
const MOST_STEPS = 100;
/** In one list. */
export const MOST_PROPOSALS = 2_000;
const LONGEST_TEXT = 10_000;
const LONGEST_PROMPT = 2_000;

const words = (least: number) =>
  z
    .array(text.refine((word) => word.trim() !== "" && word.length <= 200, "must be 1 to 200 characters"))
    .min(least)
    .max(MOST_WORDS);

const written = text.refine((value) => value.trim() !== "" && value.length <= LONGEST_TEXT, {
  error: `must be 1 to ${LONGEST_TEXT} characters, not all of them spaces`,
});

const asPayload = (value: {
  readonly text?: string;
  readonly anchor?: Extract<Payload, { kind: "anchor" }>["anchor"];
  readonly vector?: GivenVector;
  readonly modality?: "image" | "text";
  readonly steps?: readonly string[];
  readonly done?: boolean;
}): Payload => {
  if (value.text !== undefined) return { kind: "text", text: value.text };
  if (value.anchor !== undefined) return { kind: "anchor", anchor: value.anchor };
  if (value.vector !== undefined)
    return { kind: "vector", modality: value.modality ?? "image", vector: numbersOf(value.vector) };
  return { kind: "steps", steps: value.steps ?? [], done: value.done ?? true };
};

const KINDS = `{"text": …}, {"anchor": …}, {"vector": […], "modality": …} or {"steps": […]}`;

export const proposal = z
  .union(
    [
      z.strictObject({ text: written }),
      z.strictObject({ anchor: anchorId }),
      z.strictObject({ vector, modality }),
      z.strictObject({ steps: z.array(written).min(1).max(MOST_STEPS), done: optional(z.boolean()) }),
    ],
    { error: `must be one of ${KINDS}` },
  )
  .transform(asPayload)
  .openapi("Proposal", {
    description: "A text, an image of the collection, a vector, or the steps of a solution.",
    example: { text: "a red fox" },
  });

export const proposals = z.array(proposal).min(1).max(MOST_PROPOSALS);

/** What a request may say of any generator. */
export const generatorCommon = {
  as: optional(z.string().min(1).max(100).describe("What it is called in the answer.")),
};
const k = optional(
  z.int().min(1).max(MOST_NEAREST).describe("How many of the nearest anchors are looked at."),
);

const asked = z.string().min(1).max(LONGEST_PROMPT);

/** What a request may say of each generator. */
export const GENERATOR_SCHEMAS = {
  list: z.strictObject({ name: z.literal("list"), proposals, ...generatorCommon }),
  captions: z.strictObject({ name: z.literal("captions"), k, ...generatorCommon }),
  anchors: z.strictObject({ name: z.literal("anchors"), k, ...generatorCommon }),
  "class-names": z.strictObject({ name: z.literal("class-names"), field, ...generatorCommon }),
  tags: z.strictObject({ name: z.literal("tags"), field, k, ...generatorCommon }),
  phrases: z.strictObject({
    name: z.literal("phrases"),
    k,
    words: optional(z.int().min(1).max(8).describe("Of a phrase, at most; 3 where absent.")),
    ...generatorCommon,
  }),
  template: z
    .strictObject({
      name: z.literal("template"),
      template: written.describe("With places such as `{colour}`."),
      words: z
        .record(z.string().min(1).max(100), words(1))
        .describe("Of each place, what it can be filled with."),
      ...generatorCommon,
    })
    .superRefine(({ template, words }, context) => {
      const places = placesOf(template);
      if (places.length === 0)
        context.addIssue({
          code: "custom",
          path: ["template"],
          message: "must hold a place such as {colour}",
        });
      for (const place of places)
        if (!Object.hasOwn(words, place))
          context.addIssue({
            code: "custom",
            path: ["words", place],
            message: "is required: the template has this place",
          });
    }),
  mutation: z.strictObject({
    name: z.literal("mutation"),
    operations: optional(
      z
        .array(z.enum(["add", "drop", "swap"]))
        .min(1)
        .max(3)
        .describe("All where absent."),
    ),
    words: optional(words(1).describe("Added and swapped in; where absent, words of the nearest captions.")),
    longest: optional(z.int().min(1).max(200).describe("Words of a text at most; 12 where absent.")),
    ...generatorCommon,
  }),
  expansion: z.strictObject({ name: z.literal("expansion"), k, ...generatorCommon }),
  "language-model": z
    .strictObject({
      name: z.literal("language-model"),
      decoder: z
        .string()
        .regex(DECODER_ID, "must be a folder's name of a-z, 0-9, dots, dashes and underscores")
        .describe("A folder of DATA_DIR/decoders."),
      question: optional(
        asked.describe(
          "Asked behind `like: {the best of the round before}.`; where absent and there is no prompt, what is it?",
        ),
      ),
      prompt: optional(
        asked.describe(
          "Stands before a proposal in place of the question; `{}` is filled with the best of the round before.",
        ),
      ),
      prefix: optional(asked.describe("What every proposal begins with.")),
      feedback: optional(
        z.int().min(0).max(20).describe("How many of the best come into the prompt; 3 where absent."),
      ),
      temperature: optional(z.number().min(0.05).max(5).describe("1 where absent.")),
      topP: optional(
        z
          .number()
          .min(0.01)
          .max(1)
          .describe("Only of the most probable tokens that hold this share together; 0.95 where absent."),
      ),
      maxTokens: optional(
        z.int().min(1).max(128).describe("Of a proposal, without its prefix; 16 where absent."),
      ),
      ...generatorCommon,
    })
    .superRefine(({ question, prompt }, context) => {
      if (question !== undefined && prompt !== undefined)
        context.addIssue({ code: "custom", path: ["prompt"], message: "must not be given with a question" });
    }),
  http: z.strictObject({
    name: z.literal("http"),
    ...remoteEndpoint,
    timeoutMs: optional(z.int().min(1).max(60_000).describe("Of one round; 10,000 where absent.")),
    ...generatorCommon,
  }),
} as const;

export type GeneratorName = keyof typeof GENERATOR_SCHEMAS;
/** What a request says of the generator of a name. */
export type GeneratorSpecOf<Name extends GeneratorName> = z.output<(typeof GENERATOR_SCHEMAS)[Name]>;
/** One of the generators of consensus itself. */
export type OwnGeneratorSpec = { [Name in GeneratorName]: GeneratorSpecOf<Name> }[GeneratorName];

export const generatorOf = <Schema extends z.ZodObject>(schemas: Readonly<Record<string, Schema>>) =>
  oneOf("generator", schemas).openapi("Generator", {
    description: "By name, with its parameters; `GET /v1/generators` lists them.",
  });
