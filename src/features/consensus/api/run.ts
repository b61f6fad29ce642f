import { z } from "@hono/zod-openapi";
import { anchorId, modality, optional, vectorNumbers } from "../../../api/values.ts";

export const scoreOrNull = z.number().nullable();
export const scores = z.array(scoreOrNull).readonly();
export const strings = z.array(z.string()).readonly();
export const numberList = z.array(z.number()).readonly();

export const failures = z
  .array(
    z.strictObject({ scorer: z.string(), message: z.string(), policy: z.enum(["fail", "drop", "last"]) }),
  )
  .readonly();
export const vetoes = z
  .array(z.strictObject({ proposal: z.string(), scorer: z.string(), reason: z.string() }))
  .readonly();

/** A proposal's content. */
export const payload = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("text"), text: z.string() }),
  z.strictObject({ kind: z.literal("anchor"), anchor: anchorId }),
  z.strictObject({ kind: z.literal("vector"), modality, vector: vectorNumbers }),
  z.strictObject({ kind: z.literal("steps"), steps: strings, done: z.boolean() }),
  z.strictObject({ kind: z.literal("action"), action: numberList }),
]);

export const consensusRound = z
  .strictObject({
    round: z.int(),
    proposed: z
      .array(
        z.strictObject({
          id: z.string(),
          payload,
          generator: z.string(),
          round: z.int(),
          parents: strings,
          logProbability: optional(z.number()),
        }),
      )
      .readonly(),
    scores: z.array(scores).readonly().openapi({ description: "Raw, scorers x proposed." }),
    vetoes,
    failures,
    survivors: z.array(z.strictObject({ proposal: z.string(), value: scoreOrNull, scores })).readonly(),
    improvement: scoreOrNull,
  })
  .openapi("ConsensusRound");

export const stopReason = z.enum([
  "rounds",
  "score-budget",
  "time-budget",
  "converged",
  "unanimous",
  "no-proposals",
]);

export const scorerCost = z.strictObject({
  scorer: z.string(),
  asked: z.int().openapi({ description: "Calls." }),
  proposals: z.int(),
  ms: z.number(),
  failures: z.int(),
  report: optional(
    z.record(z.string(), z.number()).openapi({
      description: "Of a fitted scorer: how many anchors it was fitted on, and its cross-validated accuracy.",
    }),
  ),
});

export type ConsensusRoundBody = z.input<typeof consensusRound>;
