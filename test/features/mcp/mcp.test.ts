import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { serveTools } from "../../../src/features/mcp/server.ts";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { collectingLog } from "../../support/log.ts";

const ANCHORS = [
  { id: "owl", text: "an owl", imageVector: [1, 0], textVector: [1, 0], metadata: { owner: "ann" } },
  { id: "hen", text: "a hen", imageVector: [0, 1], textVector: [0, 1] },
];
const READING = ["list_collections", "search", "classify", "explain", "coverage", "counterfactual"];
/** A question about one image; the prompts are vectors, so that no encoder is needed. */
const QUESTION = {
  collection: "birds",
  images: [{ anchor: "owl" }],
  classes: [
    { name: "owl", prompts: [{ vector: [1, 0] }] },
    { name: "hen", prompts: [{ vector: [0, 1] }] },
  ],
};

let app: TestApp;

beforeAll(async () => {
  app = await openTestApp();
  const encoder = { external: { dimension: 2 } };
  await app.call("POST", "/v1/collections", { name: "birds", imageEncoder: encoder, textEncoder: encoder });
  await app.call("PUT", "/v1/collections/birds/anchors", { anchors: ANCHORS });
}, 120_000);
afterAll(() => app.close());

/** A client of the SDK over a server in this process. */
const connect = async ({ write = false } = {}): Promise<Client> => {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const { url } = await listen(app);
  const stop = new AbortController();
  const served = serveTools(createClient({ url }), far, {
    write,
    signal: stop.signal,
    log: collectingLog([]),
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(near);
  onTestFinished(async () => {
    stop.abort();
    await served;
  });
  return client;
};

const namesOf = async (client: Client): Promise<string[]> =>
  (await client.listTools()).tools.map(({ name }) => name);

describe("the MCP server", () => {
  it("offers the reading tools alone without write", async () => {
    const client = await connect();
    expect(await namesOf(client)).toEqual(READING);
    const { tools } = await client.listTools();
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true);
    expect(await client.callTool({ name: "remove", arguments: {} })).toMatchObject({
      isError: true,
      content: [{ text: "remove is switched off: this server was started without --write." }],
    });
  });

  it("describes arguments by the API's schemas, with the definitions that they refer to", async () => {
    const { tools } = await (await connect({ write: true })).listTools();
    const search = tools.find(({ name }) => name === "search")?.inputSchema;
    expect(search).toMatchObject({
      type: "object",
      required: ["collection", "query", "target"],
      properties: { limit: { type: "integer", maximum: 1000 }, target: { enum: ["image", "text"] } },
    });
    for (const { inputSchema } of tools) {
      const definitions = Object.keys(inputSchema.$defs ?? {});
      const references = [...JSON.stringify(inputSchema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
      expect(definitions.map((name) => `#/$defs/${name}`)).toEqual(expect.arrayContaining(references));
    }
  });

  it.each([
    ["list_collections", {}, { collections: [{ name: "birds", anchorCount: 2 }] }, "birds: 2 anchors"],
    [
      "search",
      { collection: "birds", query: { anchor: "hen" }, modality: "image", target: "image", limit: 1 },
      { hits: [{ id: "hen", score: 1 }] },
      "hen (1.0000): a hen",
    ],
    ["classify", QUESTION, { results: [{ classes: [{ name: "owl" }, { name: "hen" }] }] }, "image 0: owl"],
    [
      "explain",
      QUESTION,
      { results: [{ explanation: [{ anchor: "owl" }], against: { name: "hen" } }] },
      ", by owl 1.0000",
    ],
    [
      "coverage",
      { collection: "birds", classes: QUESTION.classes },
      { classes: [{ name: "owl" }, { name: "hen" }] },
      "owl: risk ",
    ],
    [
      "counterfactual",
      { ...QUESTION, without: { filter: { owner: "ann" } } },
      { removed: 1, anchors: { before: 2, after: 1 } },
      "images get another class (1 anchors removed, 0 added)",
    ],
  ])("answers %s with structured content and a short text", async (name, given, answer, text) => {
    const result = await (await connect()).callTool({ name, arguments: given });
    expect(result).toMatchObject({
      structuredContent: answer,
      content: [{ type: "text", text: expect.stringContaining(text) as string }],
    });
    expect(result.isError).toBeUndefined();
  });

  it.each([
    ["an unknown collection", { collection: "none" }, 'There is no collection "none"'],
    ["an unknown argument", { colour: "red" }, "colour: is not a key that is known here"],
    ["a missing argument", { target: undefined }, "target: is required"],
    ["a path in place of an image", { query: { image: { path: "/etc/passwd" } } }, "path"],
  ])("answers %s with a tool error and goes on", async (_, wrong, message) => {
    const client = await connect();
    const given = { collection: "birds", query: { keywords: "hen" }, target: "image" };
    expect(await client.callTool({ name: "search", arguments: { ...given, ...wrong } })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining(message) as string }],
    });
    expect(await client.callTool({ name: "search", arguments: given })).toMatchObject({
      structuredContent: { hits: [{ id: "hen" }] },
    });
  });

  it("refuses a tool that does not exist as the protocol requires", async () => {
    await expect((await connect()).callTool({ name: "drop" })).rejects.toThrow('There is no tool "drop".');
  });

  it("adds and removes anchors with write", async () => {
    const client = await connect({ write: true });
    expect(await namesOf(client)).toEqual([...READING, "add", "remove"]);
    const kiwi = { id: "kiwi", text: "a kiwi", imageVector: [1, 1], textVector: [1, 1] };
    expect(
      await client.callTool({ name: "add", arguments: { collection: "birds", anchors: [kiwi] } }),
    ).toMatchObject({ structuredContent: { upserted: 1 } });
    expect(
      await client.callTool({ name: "remove", arguments: { collection: "birds", ids: ["kiwi"] } }),
    ).toMatchObject({ structuredContent: { deleted: 1, receipt: { count: 1 } } });
  });

  it("removes by ids alone, never by a filter", async () => {
    const client = await connect({ write: true });
    const given = { collection: "birds", filter: { owner: "ann" } };
    expect(await client.callTool({ name: "remove", arguments: given })).toMatchObject({ isError: true });
  });
});

describe("anchorage mcp", () => {
  it("speaks the protocol alone on stdout, and ends when its client does", async () => {
    const { url } = await listen(app);
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: ["--import", "tsx/esm", "scripts/anchorage.ts", "mcp", "--url", url],
      stderr: "pipe",
    });
    const client = new Client({ name: "test", version: "1" });
    const faults: Error[] = [];
    client.onerror = (error) => faults.push(error);
    await client.connect(transport);
    expect(client.getServerVersion()).toMatchObject({ name: "anchorage" });
    expect(await client.callTool({ name: "list_collections" })).toMatchObject({
      structuredContent: { collections: [{ name: "birds" }] },
    });
    const { pid } = transport;
    await client.close();
    expect(faults).toEqual([]);
    expect(() => process.kill(pid ?? 0, 0)).toThrow("ESRCH");
  });
});
