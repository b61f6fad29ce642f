import type { z } from "@hono/zod-openapi";
import type { consensusAnswer, consensusScoreAnswer } from "../api/answer.ts";
import type { consensusRequests } from "../api/request.ts";
import type { RoundTrace } from "../index.ts";
import type { GeneratorSpec, ScorerSpec } from "../plug.ts";

type Requests = ReturnType<typeof consensusRequests<z.ZodType<ScorerSpec>, z.ZodType<GeneratorSpec>>>;

export type ConsensusRequest = Omit<z.output<Requests["run"]>, "stream">;
export type ConsensusScoreRequest = z.output<Requests["score"]>;
export type ConsensusAnswer = z.output<typeof consensusAnswer>;
export type ConsensusScoreAnswer = z.output<typeof consensusScoreAnswer>;

/** What proposals are about. */
export type RequestedCondition = ConsensusRequest["condition"];

export interface RunContext {
  readonly signal: AbortSignal;
  readonly onRound?: (round: RoundTrace) => void;
}
