import type { Problem } from "../api/problem.ts";
import { AnchorageApiError } from "./errors.ts";
import type { CallOptions, Transport } from "./transport.ts";

/**
 * Asks for an answer as server-sent events, and yields each with its data.
 *
 * @throws AnchorageApiError where the service refuses, or fails later
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
    if (event === "problem") throw new AnchorageApiError(value as Problem);
    yield { event, value };
  }
}

/** Server-sent events as this service writes them: an event of one line, data of as many as it has. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: string }, void> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      const valuesOf = (field: string): string[] =>
        lines
          .filter((line) => line.startsWith(`${field}:`))
          .map((line) => line.slice(field.length + 1).trimStart());
      const [event] = valuesOf("event");
      if (event !== undefined) yield { event, data: valuesOf("data").join("\n") };
    }
  }
}
