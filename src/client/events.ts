import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Problem } from "../api/problem.ts";
import { errorOf } from "./errors.ts";
import type { CallOptions, Transport } from "./transport.ts";

/**
 * Requests an answer as server-sent events and yields each event with its data.
 *
 * @throws AnchorageApiError if the service rejects the request or fails later
 */
export async function* streamEvents(
  transport: Transport,
  path: string,
  request: object,
  options: CallOptions = {},
): AsyncGenerator<{ readonly event: string; readonly value: unknown }, void> {
  const response = await transport.send("POST", path, {
    ...options,
    body: JSON.stringify({ ...request, stream: true }),
    accept: "text/event-stream, application/problem+json",
  });
  for await (const { event, data } of eventsOf(response)) {
    const value: unknown = JSON.parse(data);
    if (event === "problem") throw errorOf(value as Problem);
    yield { event, value };
  }
}

/** The complete named events of a stream. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: string }, void> {
  if (response.body === null) return;
  const parsed: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => parsed.push(message) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const { event, data } of parsed.splice(0)) if (event !== undefined) yield { event, data };
  }
}
