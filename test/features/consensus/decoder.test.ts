import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consensusAnswer, generatorList } from "../../../src/features/consensus/api/answer.ts";
import { json, openEndpoint } from "../../support/endpoints.ts";
import { temporaryDecoders, writeTinyDecoder } from "../../support/tiny-decoder.ts";
import { openTestApp, pathsOf, problemIn, type TestApp } from "../../http/support.ts";

let folders: Awaited<ReturnType<typeof temporaryDecoders>>;
let service: TestApp;
beforeAll(async () => {
  folders = await temporaryDecoders();
  await writeTinyDecoder(folders.path("tiny"));
  await mkdir(folders.path("broken"));
  await writeFile(join(folders.path("broken"), "config.json"), "{}");
  service = await openWith({ dataDir: folders.dataDir });
});
afterAll(async () => {
  await service.close();
  await folders.remove();
});

const openWith = async (options: Parameters<typeof openTestApp>[0]): Promise<TestApp> => {
  const app = await openTestApp(options);
  const external = { external: { dimension: 2 } };
  await app.call("POST", "/v1/collections", { name: "c", imageEncoder: external, textEncoder: external });
  return app;
};

const ask = (app: TestApp, generator: object, more: object = {}) =>
  app.call("POST", "/v1/consensus", {
    collection: "c",
    condition: {},
    generators: [{ name: "language-model", ...generator }],
    scorers: [{ name: "arithmetic" }],
    ...more,
  });

describe("a consensus over what a language model proposes", () => {
  test("has a winner that begins with the prefix, and goes on from the best of the round before, the same each time", async () => {
    // Likes long texts.
    const { url, host } = await openEndpoint((response, asked) => {
      const { proposals } = asked.body as { proposals: { text: string }[] };
      json(response, { scores: proposals.map(({ text }) => text.length) });
    });
    const app = await openWith({ dataDir: folders.dataDir, consensusHttpHosts: host });
    try {
      const request = {
        scorers: [{ name: "http", url }],
        rounds: 3,
        proposals: 8,
        beam: 2,
        patience: 3,
        stopWhenUnanimous: false,
        trace: true,
      };
      const of = async () => {
        const { status, body } = await ask(app, { decoder: "tiny", prefix: "a red", maxTokens: 4 }, request);
        expect(status, JSON.stringify(body)).toBe(200);
        return consensusAnswer.parse(body);
      };
      const { winner, trace } = await of();
      expect(winner?.generator).toBe("language-model");
      expect(winner?.text).toMatch(/^a red/);
      const [first, second] = trace?.rounds ?? [];
      expect(first?.proposed.every(({ parents }) => (parents as unknown[]).length === 0)).toBe(true);
      expect(second?.proposed.every(({ parents }) => (parents as unknown[]).length === 2)).toBe(true);
      expect((await of()).winner).toEqual(winner);
    } finally {
      await app.close();
    }
  });

  test.each([
    ["a decoder that is not there", { decoder: "none" }, "generators.0.decoder"],
    ["a path", { decoder: "../tiny" }, "generators.0.decoder"],
    ["no decoder", {}, "generators.0.decoder"],
    ["a question and a prompt", { decoder: "tiny", question: "a", prompt: "b" }, "generators.0.prompt"],
    ["no temperature", { decoder: "tiny", temperature: 0 }, "generators.0.temperature"],
  ])("is refused where it is asked for by %s", async (_, generator, path) => {
    const answer = await ask(service, generator);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)).toEqual([path]);
  });

  test("tells what is wrong with a folder that holds no decoder, but not where it is", async () => {
    const answer = await ask(service, { decoder: "broken" });
    expect(answer.status).toBe(422);
    expect(problemIn(answer).detail).toContain("config.json");
    expect(problemIn(answer).detail).not.toContain(folders.folder);
  });

  test("is offered with its parameters", async () => {
    const { generators } = generatorList.parse((await service.call("GET", "/v1/generators")).body);
    const offered = generators.find(({ name }) => name === "language-model");
    expect(offered?.parameters).toMatchObject({
      required: ["name", "decoder"],
      properties: { topP: { type: "number", maximum: 1 } },
    });
  });

  test("has none to propose with where the service has no decoders", async () => {
    const app = await openWith({});
    const answer = await ask(app, { decoder: "tiny" });
    await app.close();
    expect(pathsOf(answer)).toEqual(["generators.0.decoder"]);
  });
});
