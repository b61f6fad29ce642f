import type {
  ConsensusAnswerBody,
  ConsensusRequestBody,
  ConsensusRoundBody,
  Problem,
} from "../http/index.ts";
import { AnchorageApiError } from "./errors.ts";
import { eventsOf } from "./events.ts";
import type { CallOptions, Transport } from "./transport.ts";

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
  options: CallOptions = {},
): AsyncGenerator<ConsensusEvent, void> {
  const response = await transport.send("POST", "/v1/consensus", {
    ...options,
    body: JSON.stringify({ ...request, stream: true }),
    accept: "text/event-stream, application/problem+json",
  });
  for await (const { event, data } of eventsOf(response)) {
    const value: unknown = JSON.parse(data);
    if (event === "problem") throw new AnchorageApiError(value as Problem);
    if (event === "round") yield { event, round: value as ConsensusRoundBody };
    if (event === "result") yield { event, result: value as ConsensusAnswerBody };
  }
}
