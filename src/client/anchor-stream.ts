import type { AnchorBody, WrittenLinesBody } from "../api/anchors.ts";
import { errorOf, isProblem } from "./errors.ts";
import { responseLines } from "./lines.ts";
import type { CallOptions, Transport } from "./transport.ts";

/**
 * Sends anchors as they come, one per line, and yields the service's answer for each stored batch.
 *
 * @throws AnchorageApiError whose `problem.line` is the number of the invalid anchor, counted from 1.
 */
export async function* sendAnchorStream(
  transport: Transport,
  path: string,
  anchors: AsyncIterable<AnchorBody> | Iterable<AnchorBody>,
  options: CallOptions = {},
): AsyncGenerator<WrittenLinesBody, void> {
  const response = await transport.send("PUT", path, {
    ...options,
    body: encodedLines(anchors),
    contentType: "application/x-ndjson",
    accept: "application/x-ndjson, application/problem+json",
  });
  for await (const line of responseLines(response)) {
    const value: unknown = JSON.parse(line);
    if (isProblem(value)) throw errorOf(value);
    yield value as WrittenLinesBody;
  }
}

const encodedLines = (
  anchors: AsyncIterable<AnchorBody> | Iterable<AnchorBody>,
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  const encoder = new TextEncoder();
  const source = (async function* () {
    yield* anchors;
  })();
  return new ReadableStream({
    pull: async (controller) => {
      const next = await source.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
    },
    cancel: async () => {
      await source.return(undefined);
    },
  });
};
