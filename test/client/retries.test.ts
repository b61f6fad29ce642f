import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import {
  AnchorageError,
  createClient,
  TooManyRequestsError,
  UnavailableError,
  type AnchorageClient,
  type ClientOptions,
} from "../../src/features/client.ts";

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

const QUERY = { query: { vector: [1], modality: "text" }, target: "image" } as const;

let server: Server;
let received: string[];

/** A client of a server that gives these replies in turn, then the last one again and again. */
const clientOf = async (
  replies: readonly Reply[],
  options: Partial<ClientOptions> = {},
): Promise<AnchorageClient> => {
  received = [];
  server = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    request.resume();
    replies[Math.min(received.length, replies.length) - 1]?.(response, request);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return createClient({ url: `http://127.0.0.1:${address.port}`, ...options });
};

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

const problem = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply =>
  json(status, { type: `/docs#problem-${code}`, title: code, status, detail: `It is ${code}.` }, headers);

const breaks: Reply = (_response, request) => request.socket.destroy();
const breaksWithinTheAnswer: Reply = (response, request) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write("{");
  setImmediate(() => request.socket.destroy());
};
const silent: Reply = () => undefined;
const busy = problem(503, "unavailable", { "retry-after": "0" });
const hits = json(200, { hits: [] });

describe("a call that fails", () => {
  it.each([
    ["503", busy],
    ["429", problem(429, "too-many-requests", { "retry-after": "0" })],
    ["a broken connection", breaks],
    ["an answer that breaks off", breaksWithinTheAnswer],
  ])("is sent again after %s if it is a query", async (_, fails) => {
    const client = await clientOf([fails, fails, hits]);
    expect(await client.collection("c").search(QUERY)).toEqual({ hits: [] });
    expect(received).toHaveLength(3);
  });

  it("is sent again as often as the call's own `retries` says", async () => {
    const client = await clientOf([busy], { retries: 5 });
    await expect(client.listCollections({ retries: 1 })).rejects.toThrow(UnavailableError);
    expect(received).toEqual(["GET /v1/collections", "GET /v1/collections"]);
  });

  it("is sent again if it writes anchors, whose repetition changes nothing", async () => {
    const client = await clientOf([breaks, json(200, { sequence: 1, upserted: 1 })]);
    expect(await client.collection("c").putAnchors([{ id: "a", text: "a fox" }])).toMatchObject({
      upserted: 1,
    });
  });

  it("is sent once if it writes only at one sequence", async () => {
    const client = await clientOf([busy]);
    const write = client.collection("c").putAnchors([{ id: "a", text: "a fox" }], { ifSequence: 4 });
    await expect(write).rejects.toThrow(UnavailableError);
    expect(received).toHaveLength(1);
  });

  it("is sent once if it starts a job", async () => {
    const client = await clientOf([breaks]);
    await expect(client.collection("c").tune()).rejects.toThrow(/does not answer/);
    expect(received).toHaveLength(1);
  });

  it("is sent once if the request is at fault", async () => {
    const client = await clientOf([problem(422, "unprocessable")]);
    await expect(client.collection("c").search(QUERY)).rejects.toMatchObject({ code: "unprocessable" });
    expect(received).toHaveLength(1);
  });

  it("is not sent again if the service asks for a pause of more than a minute", async () => {
    const client = await clientOf([problem(429, "too-many-requests", { "retry-after": "3600" })]);
    const error = await client.listJobs().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TooManyRequestsError);
    expect(error).toMatchObject({ retryAfterMs: 3_600_000 });
    expect(received).toHaveLength(1);
  });

  it("ends with the signal's reason if the signal aborts during the pause", async () => {
    const client = await clientOf([problem(503, "unavailable", { "retry-after": "30" })]);
    const controller = new AbortController();
    const call = client.listJobs({ signal: controller.signal });
    await expect.poll(() => received.length).toBe(1);
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await expect(call).rejects.toThrow("enough");
  });
});

describe("a call with a time limit", () => {
  it("fails as unavailable if there is no answer within it", async () => {
    const client = await clientOf([silent], { timeoutMs: 50 });
    const error = await client.listJobs().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AnchorageError);
    expect(error).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("within 50 ms") as string,
    });
  });

  it("counts the pauses between repetitions", async () => {
    const client = await clientOf([problem(503, "unavailable", { "retry-after": "30" })]);
    await expect(client.listJobs({ timeoutMs: 50 })).rejects.toThrow(/within 50 ms/);
  });
});
