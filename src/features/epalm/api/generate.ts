import { z } from "@hono/zod-openapi";
import { GENERATE_DEFAULTS } from "../defaults.ts";
import { adapterIdentity, adapterReference, neighbour } from "./adapter-inputs.ts";
import { input } from "../../../api/inputs.ts";
import { collectionName, optional, sequence, text } from "../../../api/values.ts";

const MAX_PROMPT = 2_000;
const MAX_CANDIDATES = 100;
const MAX_CANDIDATE = 200;
const MAX_SEED = 2 ** 31;
const defaults = GENERATE_DEFAULTS;

const atMost = (length: number) =>
  text.refine((value) => value.length <= length, `must be at most ${length} characters long`);

export const generateRequest = z
  .strictObject({
    collection: collectionName,
    input: input.openapi({ description: "An image or an anchor." }),
    adapter: adapterReference,
    prompt: optional(
      atMost(MAX_PROMPT).openapi({ description: "A question; a caption is made where absent or blank." }),
    ),
    beams: optional(z.int().min(1).max(16).openapi({ default: defaults.beams })),
    maxTokens: optional(z.int().min(1).max(256).openapi({ default: defaults.maxTokens })),
    temperature: optional(
      z.number().min(0).max(10).openapi({
        default: defaults.temperature,
        description: "0 takes the most probable token each time.",
      }),
    ),
    topP: optional(
      z.number().gt(0).max(1).openapi({
        default: defaults.topP,
        description: "Draws among the most probable tokens that hold this share together.",
      }),
    ),
    seed: optional(z.int().min(0).max(MAX_SEED).openapi({ default: defaults.seed })),
    candidates: optional(
      z
        .array(atMost(MAX_CANDIDATE))
        .min(1)
        .max(MAX_CANDIDATES)
        .openapi({ description: "Answers to be ranked by their probability, in place of one that is made." }),
    ),
    neighbours: optional(
      z.int().min(0).max(64).openapi({
        default: 0,
        description:
          "How many of the nearest anchors' captions the decoder reads first; fewer where it has no room for all.",
      }),
    ),
    stream: optional(z.boolean().openapi({ default: false })),
  })
  .superRefine((given, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: [path], message, input: given });
    if ((given.beams ?? 1) > 1)
      for (const path of ["temperature", "topP", "seed"] as const)
        if (given[path] !== undefined)
          refuse(path, "has no place in a search with beams, which draws nothing");
    if (given.candidates !== undefined)
      for (const path of ["beams", "maxTokens", "temperature", "topP", "seed"] as const)
        if (given[path] !== undefined) refuse(path, "has no place beside candidates");
  })
  .openapi("GenerateRequest", {
    example: { collection: "emoji", input: { anchor: "a1" }, adapter: "captions", prompt: "what is it?" },
  });

export const madeToken = z
  .strictObject({
    id: z.int(),
    text: z.string().openapi({ description: "Empty where the bytes of a character end in a later token." }),
    logProbability: z.number().openapi({ description: "Natural." }),
  })
  .openapi("GeneratedToken");

export const generateAnswer = z
  .strictObject({
    answer: z.string(),
    tokens: z.array(madeToken).readonly().openapi({ description: "Without the one that ends the text." }),
    logProbability: z.number().openapi({ description: "Of all of them and of the end together." }),
    finished: z.boolean().openapi({ description: "False where `maxTokens` cut it off." }),
    alternatives: z
      .array(z.strictObject({ answer: z.string(), logProbability: z.number() }))
      .readonly()
      .openapi({ description: "All that was found, the best first: of each beam, or every candidate." }),
    anchors: z
      .array(neighbour)
      .readonly()
      .openapi({ description: "Whose captions the decoder read first, nearest first." }),
    prompt: z.string().openapi({ description: "What the decoder read." }),
    adapter: adapterIdentity,
    decoder: z.strictObject({ id: z.string(), sha256: z.string() }),
    sequence,
    tookMs: z.strictObject({ inputs: z.number(), generation: z.number() }),
  })
  .openapi("GenerateAnswer");

export type GenerateRequestBody = z.input<typeof generateRequest>;
export type GenerateAnswerBody = z.input<typeof generateAnswer>;
export type GeneratedTokenBody = z.input<typeof madeToken>;
