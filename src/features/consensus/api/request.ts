import { z } from "@hono/zod-openapi";
import { TASKS, type TaskName } from "../tasks.ts";
import { CONSENSUS_DEFAULTS, MOST_PROPOSALS_OF_RUN } from "../defaults.ts";
import { filter } from "../../../api/filter.ts";
import { input, RED_PIXEL } from "../../../api/inputs.ts";
import { settings } from "../../../api/queries.ts";
import { collectionName, optional, text } from "../../../api/values.ts";
import { GENERATOR_SCHEMAS, generatorOf, MOST_PROPOSALS, proposals } from "./generators.ts";
import { SCORER_SCHEMAS, scorerOf } from "./scorers.ts";

const MOST_SCORERS = 12;
const MOST_GENERATORS = 8;
const MOST_ROUNDS = 50;
const MOST_FRAMES = 100;
const MOST_SCORES = 500_000;
const MOST_MS = 60_000;

const usual = CONSENSUS_DEFAULTS;

const condition = z
  .strictObject({
    image: optional(input),
    images: optional(
      z
        .array(input)
        .min(1)
        .max(MOST_FRAMES)
        .describe("Frames of one thing; what is said of them is averaged."),
    ),
    text: optional(input),
    template: optional(
      text
        .refine((value) => value.split("{}").length === 2, {
          error: "must hold {} once, where a proposed text goes",
        })
        .openapi({ type: "string", example: "a drawing of {}" }),
    ),
  })
  .refine(({ image, images }) => image === undefined || images === undefined, {
    path: ["images"],
    error: "must not be given beside image",
  })
  .openapi("Condition", { description: "What proposals are about: an image, frames, a text, or both." });

export const aggregation = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("mean") }),
    z.strictObject({ kind: z.literal("product") }),
    z.strictObject({ kind: z.literal("min") }),
    z.strictObject({ kind: z.literal("mean-variance"), lambda: optional(z.number().min(0).max(100)) }),
    z.strictObject({ kind: z.literal("trimmed") }),
    z.strictObject({ kind: z.literal("borda") }),
    z.strictObject({ kind: z.literal("reciprocal-rank") }),
    z.strictObject({ kind: z.literal("majority") }),
  ])
  .openapi("Aggregation", {
    description: "How calibrated scores become one; `mean` where absent.",
    example: { kind: "mean" },
  });

const asked = {
  collection: collectionName,
  condition,
  aggregation: optional(aggregation),
  filter: optional(filter.openapi({ description: "Restricts the anchors that serve as memory." })),
  rank: optional(
    z.int().min(1).max(8_192).openapi({ description: "Canonical directions that `csa` compares by." }),
  ),
  ...settings,
};

const whole = (min: number, max: number, normally: number) =>
  optional(z.int().min(min).max(max).openapi({ type: "integer", default: normally }));

const tasks = Object.keys(TASKS) as [TaskName, ...TaskName[]];

/**
 * The requests for a run and for scores alone.
 *
 * @param scorer what they may name as a scorer: those of consensus, and those that features add
 * @param generator the same of generators
 */
export const consensusRequests = <S extends z.ZodType, G extends z.ZodType>(scorer: S, generator: G) => ({
  run: z
    .strictObject({
      ...asked,
      task: optional(
        z.enum(tasks).openapi({
          description: `What is taken for generators and scorers that are not given. ${Object.entries(TASKS)
            .map(([name, { description }]) => `\`${name}\`: ${description}`)
            .join(" ")}`,
        }),
      ),
      field: optional(
        text.openapi({
          type: "string",
          description: "Of the task `tag`: the metadata field that holds tags.",
        }),
      ),
      generators: optional(z.array(generator).min(1).max(MOST_GENERATORS)),
      scorers: optional(z.array(scorer).min(1).max(MOST_SCORERS)),
      rounds: whole(1, MOST_ROUNDS, usual.rounds),
      proposals: whole(1, MOST_PROPOSALS, usual.proposals).openapi({
        description: "Asked of each generator in each round, at most.",
      }),
      beam: whole(1, 100, usual.beam).openapi({ description: "How many survive a round." }),
      temperature: optional(
        z.number().min(0).max(100).openapi({
          default: 0,
          description:
            "Above 0, survivors are drawn by the softmax of their values; the best always survives.",
        }),
      ),
      epsilon: optional(z.number().min(0).max(10).openapi({ default: usual.epsilon })),
      patience: whole(1, MOST_ROUNDS, usual.patience),
      stopWhenUnanimous: optional(z.boolean().openapi({ default: usual.stopWhenUnanimous })),
      quorum: optional(
        z.number().min(0).max(1).openapi({
          default: usual.quorum,
          description: "The share of the weight whose scorers must not have failed.",
        }),
      ),
      abstain: optional(
        z
          .strictObject({
            margin: optional(z.number().min(0)),
            agreement: optional(z.number().min(0).max(1)),
          })
          .openapi({ description: "Below either of these the run abstains." }),
      ),
      budget: optional(
        z.strictObject({
          scores: whole(1, MOST_SCORES, usual.budget.scores).openapi({
            description: `Proposals times scorers. A run has ${MOST_PROPOSALS_OF_RUN} proposals at most.`,
          }),
          ms: whole(1, MOST_MS, usual.budget.ms).openapi({ description: "No round begins later." }),
        }),
      ),
      seed: whole(0, 2 ** 31, usual.seed),
      stream: optional(
        z.boolean().openapi({
          default: false,
          description:
            "Answers by server-sent events: a `round` after each, then the `result`, or a `problem`.",
        }),
      ),
      trace: optional(
        z.boolean().openapi({
          default: false,
          description: "Adds all that was proposed and said, enough to replay it.",
        }),
      ),
    })
    .openapi("ConsensusRequest", {
      example: { collection: "emoji", task: "caption", condition: RED_PIXEL, rounds: 3, seed: 1 },
    }),
  score: z
    .strictObject({ ...asked, proposals, scorers: z.array(scorer).min(1).max(MOST_SCORERS) })
    .openapi("ConsensusScoreRequest", {
      example: {
        collection: "emoji",
        condition: RED_PIXEL,
        proposals: [{ text: "a red square" }, { text: "a grey owl" }],
        scorers: [{ name: "asif" }, { name: "csa", weight: 0.5 }],
      },
    }),
});

const own = consensusRequests(scorerOf(SCORER_SCHEMAS), generatorOf(GENERATOR_SCHEMAS));
export const consensusRequest = own.run;
export const consensusScoreRequest = own.score;

export type ConsensusRequestBody = z.input<typeof consensusRequest>;
export type ConsensusScoreRequestBody = z.input<typeof consensusScoreRequest>;
