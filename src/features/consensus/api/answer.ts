import { z } from "@hono/zod-openapi";
import { modality, optional, sequence } from "../../../api/values.ts";
import { aggregation } from "./request.ts";
import {
  consensusRound,
  failures,
  numberList,
  scoreOrNull,
  scorerCost,
  scores,
  stopReason,
  strings,
  vetoes,
} from "./run.ts";
import { normalisation } from "./scorers.ts";

const payloadFields = {
  id: z.string().openapi({ description: "The same for equal proposals." }),
  kind: z.enum(["text", "anchor", "vector", "steps", "action"]),
  text: optional(z.string()),
  anchor: optional(z.string()),
  modality: optional(modality),
  vector: optional(numberList),
  steps: optional(strings),
  done: optional(z.boolean()),
  action: optional(numberList),
};

const shown = {
  ...payloadFields,
  generator: z.string(),
  round: z.int(),
  parents: strings,
};

const proposal = z.strictObject(shown).openapi("ProposalMade");

const ranked = z
  .strictObject({
    ...shown,
    value: scoreOrNull.openapi({ description: "Combined." }),
    scores: z.record(z.string(), scoreOrNull).openapi({
      description: "By scorer, calibrated; null where it cannot judge.",
    }),
    multiplicity: z.int().openapi({ description: "How often it was proposed." }),
    judged: z.boolean().openapi({ description: "Whether scorers of half of the weight judge it." }),
  })
  .openapi("ProposalRanked");

const agreement = z
  .strictObject({
    margin: scoreOrNull.openapi({ description: "The winner's lead over the second." }),
    marginInDeviations: scoreOrNull,
    agreement: z.number().openapi({ description: "The share of the scorers whose own first the winner is." }),
    kendallW: scoreOrNull.openapi({ description: "1 where all scorers rank alike." }),
    entropy: z.number(),
    disagreement: z.number().openapi({ description: "The deviation of the scores of the winner." }),
    stableWithout: z.array(z.boolean().nullable()).readonly().openapi({
      description: "Of each scorer, whether the winner stays first without it.",
    }),
  })
  .openapi("Agreement");

const computed = { sequence, tookMs: z.number() };

export const consensusAnswer = z
  .strictObject({
    winner: ranked
      .nullable()
      .openapi({ description: "Null where nothing was proposed, all was vetoed, or no scorer can judge." }),
    abstained: z.boolean(),
    stopped: stopReason,
    rounds: z.int(),
    proposals: z.int(),
    vetoed: z.int(),
    top: z.array(ranked).readonly().openapi({ description: "Up to five, best first." }),
    agreement: agreement.nullable(),
    alone: z
      .array(z.strictObject({ scorer: z.string(), proposal: proposal.nullable() }))
      .readonly()
      .openapi({ description: "What each scorer would have chosen alone." }),
    weights: z.record(z.string(), z.number()).openapi({ description: "0 for a scorer that was dropped." }),
    failures,
    costs: z.array(scorerCost).readonly(),
    seed: z.int(),
    trace: optional(
      z.strictObject({
        rounds: z.array(consensusRound).readonly(),
        backgrounds: z.array(numberList.nullable()).readonly(),
        calibrations: z.array(normalisation).readonly(),
        aggregation,
        weights: numberList,
      }),
    ),
    ...computed,
  })
  .openapi("ConsensusAnswer");

export const consensusScoreAnswer = z
  .strictObject({
    proposals: z
      .array(z.strictObject(payloadFields))
      .readonly()
      .openapi({ description: "Equal ones are one." }),
    scorers: z
      .array(z.strictObject({ name: z.string(), weight: z.number(), raw: scores, calibrated: scores }))
      .readonly(),
    values: scores.openapi({
      description: "Combined; null for a vetoed proposal, or one that no scorer judges.",
    }),
    vetoes,
    failures,
    ...computed,
  })
  .openapi("ConsensusScoreAnswer");

const capability = {
  name: z.string(),
  description: z.string(),
  kinds: strings.openapi({ description: "Of proposals." }),
  needs: z
    .enum(["image", "text", "either", "nothing"])
    .openapi({ description: "What the condition must have." }),
  cost: z.enum(["arithmetic", "vectors", "retrieval", "network", "remote"]).openapi({
    description:
      "What its time goes to: plain arithmetic, inner products, one search a proposal (all in one batch), a language model's tokens, someone else's endpoint.",
  }),
  parameters: z.record(z.string(), z.unknown()).openapi({ description: "JSON Schema." }),
};

export const scorerList = z
  .strictObject({
    scorers: z.array(
      z.strictObject({
        ...capability,
        embeds: z.boolean().openapi({ description: "Whether it needs vectors of proposed texts." }),
        background: z.boolean().openapi({
          description: "Whether it is calibrated by what it says of 256 anchors, not of the proposals.",
        }),
      }),
    ),
    hosts: strings.openapi({ description: "Where endpoints may be: CONSENSUS_HTTP_HOSTS." }),
  })
  .openapi("ScorerList");

export const generatorList = z
  .strictObject({ generators: z.array(z.strictObject(capability)) })
  .openapi("GeneratorList");

export type ConsensusAnswerBody = z.input<typeof consensusAnswer>;
export type ConsensusScoreAnswerBody = z.input<typeof consensusScoreAnswer>;
export type ScorerListBody = z.input<typeof scorerList>;
export type GeneratorListBody = z.input<typeof generatorList>;
