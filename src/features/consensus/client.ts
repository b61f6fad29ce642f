import { streamEvents } from "../../client/events.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type {
  ConsensusAnswerBody,
  ConsensusScoreAnswerBody,
  GeneratorListBody,
  ScorerListBody,
} from "./api/answer.ts";
import type { ConsensusRequestBody, ConsensusScoreRequestBody } from "./api/request.ts";
import type { ConsensusRoundBody } from "./api/run.ts";

export type {
  ConsensusAnswerBody,
  ConsensusScoreAnswerBody,
  GeneratorListBody,
  ScorerListBody,
} from "./api/answer.ts";
export type { ConsensusRequestBody, ConsensusScoreRequestBody } from "./api/request.ts";
export type { ConsensusRoundBody } from "./api/run.ts";

export type ConsensusEvent =
  | { readonly event: "round"; readonly round: ConsensusRoundBody }
  | { readonly event: "result"; readonly result: ConsensusAnswerBody };

export interface ConsensusClient {
  /** Runs generators and scorers in a closed loop until they agree; `signal` ends the run. */
  consensus(
    request: Omit<ConsensusRequestBody, "stream">,
    options?: CallOptions,
  ): Promise<ConsensusAnswerBody>;
  /** Runs the same and yields each round when it ends, then the result. Leaving the iteration ends the run. */
  consensusStream(
    request: Omit<ConsensusRequestBody, "stream">,
    options?: CallOptions,
  ): AsyncGenerator<ConsensusEvent, void>;
  /** The scores of some proposals by each scorer, raw and calibrated. */
  consensusScore(
    request: ConsensusScoreRequestBody,
    options?: CallOptions,
  ): Promise<ConsensusScoreAnswerBody>;
  listScorers(options?: CallOptions): Promise<ScorerListBody["scorers"]>;
  listGenerators(options?: CallOptions): Promise<GeneratorListBody["generators"]>;
}

export const createConsensusClient = (transport: Transport): ConsensusClient => {
  const { json, query } = transport;
  return {
    consensus: (request, options) => query("/v1/consensus", request, options),
    consensusStream: async function* (request, options) {
      for await (const { event, value } of streamEvents(transport, "/v1/consensus", request, options)) {
        if (event === "round") yield { event, round: value as ConsensusRoundBody };
        if (event === "result") yield { event, result: value as ConsensusAnswerBody };
      }
    },
    consensusScore: (request, options) => query("/v1/consensus/score", request, options),
    listScorers: async (options) => (await json<ScorerListBody>("GET", "/v1/scorers", options)).scorers,
    listGenerators: async (options) =>
      (await json<GeneratorListBody>("GET", "/v1/generators", options)).generators,
  };
};
