import type { ConsensusAnswerBody, ConsensusRequestBody, ConsensusRoundBody } from "../../http/index.ts";
import { streamEvents } from "../../client/events.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";

export type ConsensusEvent =
  | { readonly event: "round"; readonly round: ConsensusRoundBody }
  | { readonly event: "result"; readonly result: ConsensusAnswerBody };

/**
 * Runs a consensus and yields its rounds as they end, then the result. Leaving the iteration ends the run.
 *
 * @throws AnchorageApiError where the service refuses, or the run fails later
 */
export async function* streamConsensus(
  transport: Transport,
  request: Omit<ConsensusRequestBody, "stream">,
  options?: CallOptions,
): AsyncGenerator<ConsensusEvent, void> {
  for await (const { event, value } of streamEvents(transport, "/v1/consensus", request, options)) {
    if (event === "round") yield { event, round: value as ConsensusRoundBody };
    if (event === "result") yield { event, result: value as ConsensusAnswerBody };
  }
}
