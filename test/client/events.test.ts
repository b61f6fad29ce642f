import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { streamEvents } from "../../src/client/events.ts";
import { createTransport } from "../../src/client/transport.ts";

let server: Server | undefined;

afterEach(async () => {
  await new Promise((resolve) => server?.close(resolve));
});

/** The events of an answer that a server sends in `pieces`, some milliseconds apart. */
const eventsIn = async (pieces: readonly Uint8Array[]): Promise<unknown[]> => {
  server = createServer((_, response) => {
    const send = async (): Promise<void> => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of pieces) {
        response.write(piece);
        await setTimeout(3);
      }
      response.end();
    };
    void send();
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const events: unknown[] = [];
  for await (const event of streamEvents(createTransport({ url: `http://127.0.0.1:${port}` }), "/any", {}))
    events.push(event);
  return events;
};

const inPieces = (text: string, bytes: number): Uint8Array[] => {
  const all = Buffer.from(text);
  return Array.from({ length: Math.ceil(all.length / bytes) }, (_, i) =>
    all.subarray(i * bytes, (i + 1) * bytes),
  );
};

const STREAM = 'event: token\ndata: {"text":"Zoë 🦊"}\n\nevent: done\ndata: {"tokens":1}\n\n';
const EVENTS = [
  { event: "token", value: { text: "Zoë 🦊" } },
  { event: "done", value: { tokens: 1 } },
];

describe("a stream of events", () => {
  test.each([1, 2, 3, 7, 1_000])("is read whatever its pieces, here of %i bytes", async (bytes) => {
    expect(await eventsIn(inPieces(STREAM, bytes))).toEqual(EVENTS);
  });

  test("is read with other line ends, comments, ids and data of several lines", async () => {
    const text =
      ': hello\r\n\r\nid: 7\r\nevent: token\r\ndata: {\r\ndata: "text": 1}\r\n\r\nretry: 5\r\n\r\n';
    expect(await eventsIn(inPieces(text, 4))).toEqual([{ event: "token", value: { text: 1 } }]);
  });

  test("leaves out an event that is cut off, and one without a name", async () => {
    const text = `data: {}\n\n${STREAM}event: late\ndata: {"cut":`;
    expect(await eventsIn(inPieces(text, 9))).toEqual(EVENTS);
  });

  test("throws the problem that the service sends in its midst", async () => {
    const problem = {
      type: "about:blank",
      title: "Unavailable",
      status: 503,
      detail: "the endpoint is gone",
    };
    const text = `${STREAM}event: problem\ndata: ${JSON.stringify(problem)}\n\n`;
    await expect(eventsIn(inPieces(text, 11))).rejects.toMatchObject({
      name: "UnavailableError",
      status: 503,
      message: expect.stringContaining("the endpoint is gone") as unknown,
    });
  });
});
