import { once } from "node:events";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "../../src/api/problem.ts";
import type { WrittenLinesBody } from "../../src/api/anchors.ts";
import {
  anchorOf,
  createCollection,
  listen,
  openTestApp,
  problemIn,
  type Listening,
  type TestApp,
} from "./support.ts";

const BODY_LIMIT = 64 * 1024;
const BATCH = 256;
const anchors = "/v1/collections/c/anchors";

let test: TestApp;
let before: number;

beforeAll(async () => {
  test = await openTestApp({ bodyLimitBytes: BODY_LIMIT });
});

beforeEach(async () => {
  await test.call("DELETE", "/v1/collections/c");
  await createCollection(test, "c");
  before = await countAnchors();
});

afterAll(() => test.close());

const countAnchors = async (): Promise<number> =>
  ((await test.call("GET", "/v1/collections/c")).body as { anchorCount: number }).anchorCount;

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${JSON.stringify(anchorOf(`n${from + i}`))}\n`).join("");

/** A PUT whose body is written bit by bit, while its answer is read. */
const open = ({ url }: Listening, headers: Record<string, string> = {}): ClientRequest =>
  request(`${url}${anchors}`, {
    method: "PUT",
    headers: { "content-type": "application/x-ndjson", ...headers },
  });

const answerTo = async (sent: ClientRequest): Promise<IncomingMessage> =>
  ((await once(sent, "response")) as [IncomingMessage])[0];

const resultsOf = (answer: IncomingMessage): AsyncIterator<string> =>
  createInterface({ input: answer })[Symbol.asyncIterator]();

const nextLine = async (results: AsyncIterator<string>): Promise<WrittenLinesBody & Problem> =>
  JSON.parse((await results.next()).value as string) as WrittenLinesBody & Problem;

describe("a stream of anchors, one a line", () => {
  it("is stored and answered batch by batch while it still comes in", async () => {
    const sent = open(await listen(test));
    sent.write(lines(1, BATCH));
    const answer = await answerTo(sent);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/x-ndjson");
    const results = resultsOf(answer);
    const first = await nextLine(results);
    expect(first).toMatchObject({ upserted: BATCH, lines: [1, BATCH] });
    expect(await countAnchors()).toBe(before + BATCH);
    sent.end(lines(BATCH + 1, BATCH + 10));
    expect(await nextLine(results)).toEqual({
      sequence: first.sequence + 1,
      upserted: 10,
      lines: [BATCH + 1, BATCH + 10],
    });
    expect((await results.next()).done).toBe(true);
    expect(await countAnchors()).toBe(before + BATCH + 10);
  });

  it("is not bound by the limit of a body", async () => {
    const many = lines(1, 2000);
    expect(many.length).toBeGreaterThan(2 * BODY_LIMIT);
    const answer = await test.call("PUT", anchors, many, { "content-type": "application/x-ndjson" });
    expect((answer.body as string).trim().split("\n")).toHaveLength(Math.ceil(2000 / BATCH));
    expect(await countAnchors()).toBe(before + 2000);
  });

  it("may have blank lines, Windows line ends and no end of its last line", async () => {
    const body = `\n${JSON.stringify(anchorOf("a"))}\r\n  \n${JSON.stringify(anchorOf("b"))}`;
    const answer = await test.call("PUT", anchors, body, { "content-type": "application/x-ndjson" });
    expect(JSON.parse(answer.body as string)).toMatchObject({ upserted: 2, lines: [2, 4] });
  });

  it("may be empty", async () => {
    const answer = await test.call("PUT", anchors, "\n", { "content-type": "application/x-ndjson" });
    expect(answer).toMatchObject({ status: 200, body: "" });
  });

  it("takes effect in the order of its lines, wherever a batch ends", async () => {
    const body = ["first", "second", "third"]
      .map((text) => `${JSON.stringify({ ...anchorOf("a"), text })}\n`)
      .join("");
    await test.call("PUT", anchors, body, { "content-type": "application/x-ndjson" });
    expect((await test.call("GET", `${anchors}/a`)).body).toMatchObject({ text: "third" });
  });
});

describe("a line that is wrong", () => {
  it.each([
    ["no JSON", "{nonsense}", "lines.300"],
    ["no anchor", '{"id": "x", "imgae": 1}', "lines.300.imgae"],
    [
      "a vector of the wrong dimension",
      '{"id": "x", "imageVector": [1], "textVector": [1, 2]}',
      "lines.300.imageVector",
    ],
  ])(
    "ends the stream with a problem that names it, what was answered before is stored: %s",
    async (_what, line, path) => {
      const sent = open(await listen(test));
      sent.end(`${lines(1, 299)}${line}\n${lines(301, 600)}`);
      const results = resultsOf(await answerTo(sent));
      expect(await nextLine(results)).toMatchObject({ lines: [1, BATCH] });
      const problem = await nextLine(results);
      expect(problem).toMatchObject({ title: "Invalid input", status: 400, line: 300 });
      expect(problem.errors?.[0]?.path).toBe(path);
      expect((await results.next()).done).toBe(true);
      expect(await countAnchors()).toBe(before + BATCH);
    },
  );

  it("in the first batch is answered by its status, and nothing is stored", async () => {
    const body = `${lines(1, 2)}{"id": ""}\n`;
    const answer = await test.call("PUT", anchors, body, { "content-type": "application/x-ndjson" });
    expect(answer.status).toBe(400);
    expect(problemIn(answer)).toMatchObject({ line: 3 });
    expect(problemIn(answer).errors?.map(({ path }) => path)).toContain("lines.3.id");
    expect(await countAnchors()).toBe(before);
  });

  it("is one that is longer than the limit, too", async () => {
    const body = `${lines(1, 300)}{"id": "${"x".repeat(BODY_LIMIT)}"}\n`;
    const answer = await test.call("PUT", anchors, body, { "content-type": "application/x-ndjson" });
    const last = JSON.parse((answer.body as string).trim().split("\n").at(-1) ?? "") as Problem;
    expect(last).toMatchObject({ status: 413, line: 301 });
    expect(await countAnchors()).toBe(before + BATCH);
  });
});

describe("a client that goes away", () => {
  const gone = async ({ server }: Listening): Promise<void> => {
    await vi.waitFor(() => {
      server.getConnections((_error, count) => {
        connections = count;
      });
      expect(connections).toBe(0);
    });
  };
  let connections = -1;

  it("in the middle of a stream leaves what was answered, and nothing of the rest", async () => {
    const listening = await listen(test);
    const sent = open(listening);
    sent.on("error", () => undefined);
    sent.write(lines(1, BATCH));
    const answer = await answerTo(sent);
    await nextLine(resultsOf(answer));
    sent.write(lines(BATCH + 1, BATCH + 20));
    sent.destroy();
    await gone(listening);
    expect(await countAnchors()).toBe(before + BATCH);
    expect(test.logged).toEqual([]);
  });

  it("in the middle of a JSON body leaves nothing", async () => {
    const listening = await listen(test);
    const sent = open(listening, { "content-type": "application/json" });
    sent.on("error", () => undefined);
    sent.write(`{"anchors": [${JSON.stringify(anchorOf("a"))}`);
    await vi.waitFor(() => expect(sent.socket?.bytesWritten).toBeGreaterThan(0));
    sent.destroy();
    await gone(listening);
    expect(await countAnchors()).toBe(before);
    expect(test.logged).toEqual([]);
  });
});

describe("a body over the limit", () => {
  it("is refused by its announced length before it is sent", async () => {
    const sent = open(await listen(test), {
      "content-type": "application/json",
      "content-length": String(1e9),
    });
    sent.on("error", () => undefined);
    sent.write("{");
    expect((await answerTo(sent)).statusCode).toBe(413);
    sent.destroy();
  });

  it("is refused by its true length where none was announced", async () => {
    const sent = open(await listen(test), {
      "content-type": "application/json",
      "transfer-encoding": "chunked",
    });
    sent.on("error", () => undefined);
    sent.write(`{"anchors": [{"id": "${"x".repeat(BODY_LIMIT)}`);
    expect((await answerTo(sent)).statusCode).toBe(413);
    sent.destroy();
    expect(await countAnchors()).toBe(before);
  });
});
