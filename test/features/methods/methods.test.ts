import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openMethods } from "../../../src/features/methods/open.ts";
import type { Tuning } from "../../../src/features/tuning/api.ts";
import { json, openEndpoint } from "../../support/endpoints.ts";
import { openTestApp, pathsOf, problemIn, type TestApp } from "../../http/support.ts";

const FILE = "examples/methods/nearest-pair.mjs";
const external = (dimension: number) => ({ external: { dimension } });

const open = async (classificationMethods: string): Promise<TestApp> => {
  const app = await openTestApp({ classificationMethods });
  onTestFinished(() => app.close());
  await app.call("POST", "/v1/collections", {
    ...{ name: "c", imageEncoder: external(2), textEncoder: external(2) },
  });
  await app.call("PUT", "/v1/collections/c/anchors", {
    anchors: [
      { id: "owl", text: "an owl", imageVector: [1, 0], textVector: [0, 1] },
      { id: "fox", text: "a fox", imageVector: [0, 1], textVector: [1, 0] },
    ],
  });
  return app;
};

const question = {
  images: [{ vector: [0.8, 0.6] }],
  classes: [
    { name: "owl", prompts: [{ vector: [0, 1] }] },
    { name: "fox", prompts: [{ vector: [1, 0] }] },
  ],
};

const expected = [
  { name: "owl", score: expect.closeTo(0.8, 5) as unknown },
  { name: "fox", score: expect.closeTo(0.6, 5) as unknown },
];

const classify = async (app: TestApp, more: object) =>
  app.call("POST", "/v1/collections/c/classify", { ...question, ...more });

describe("a classification method in a module", () => {
  test("classifies by its scores", async () => {
    const app = await open(`nearest=${FILE}`);
    expect(await classify(app, { method: "plug:nearest" })).toMatchObject({
      status: 200,
      body: { method: "plug:nearest", fits: [], results: [{ classes: expected }] },
    });
  });

  test("answers for a collection whose method it is, and for similarities", async () => {
    const app = await open(`nearest=${FILE}`);
    await app.call("PATCH", "/v1/collections/c", { method: "plug:nearest" });
    expect((await classify(app, {})).body).toMatchObject({
      method: "plug:nearest",
      results: [{ classes: expected }],
    });
    const { body } = await app.call("POST", "/v1/collections/c/similarity", {
      images: question.images,
      texts: [{ vector: [0, 1] }, { vector: [1, 0] }],
    });
    expect(body).toMatchObject({ scores: [[expect.closeTo(0.8, 5), expect.closeTo(0.6, 5)]] });
  });

  test("is fitted on the anchors that a filter leaves, and forgets an anchor with its deletion", async () => {
    const app = await open(`nearest=${FILE}`);
    await classify(app, { method: "plug:nearest" });
    await app.call("DELETE", "/v1/collections/c/anchors/owl");
    expect((await classify(app, { method: "plug:nearest" })).body).toMatchObject({
      results: [
        {
          classes: [
            { name: "fox", score: expect.closeTo(0.6, 5) as unknown },
            { name: "owl", score: 0 },
          ],
        },
      ],
    });
  });

  test("has no contributions to explain by", async () => {
    const app = await open(`nearest=${FILE}`);
    const answer = await classify(app, { method: "plug:nearest", explain: 2 });
    expect([answer.status, pathsOf(answer)]).toEqual([400, ["explain"]]);
  });
});

test("a method that is not plugged in is refused by name, with those that are", async () => {
  const app = await open(`nearest=${FILE}`);
  const answer = await classify(app, { method: "plug:forest" });
  expect([answer.status, pathsOf(answer)]).toEqual([400, ["method"]]);
  expect(problemIn(answer).detail).toContain('"plug:nearest"');
  expect((await classify(app, { method: "forest" })).status).toBe(400);
  expect((await app.call("PATCH", "/v1/collections/c", { method: "plug:forest" })).status).toBe(400);
});

describe("a classification method behind an endpoint", () => {
  test("is refused with 503 where it answers no scores, a wrong number of them, or nothing", async () => {
    let scores: unknown = [[1]];
    const { url } = await openEndpoint((response, asked) => {
      json(response, "fit" in (asked.body as object) ? { fitted: 7 } : { scores });
    });
    const app = await open(`odd=${url}`);
    for (const wrong of [[[1]], [["a", "b"]], "none"]) {
      scores = wrong;
      const answer = await classify(app, { method: "plug:odd" });
      expect([answer.status, problemIn(answer).detail]).toEqual([503, expect.stringContaining("plug:odd")]);
    }
    scores = [[1, 2]];
    expect((await classify(app, { method: "plug:odd" })).body).toMatchObject({
      results: [
        {
          classes: [
            { name: "fox", score: 2 },
            { name: "owl", score: 1 },
          ],
        },
      ],
    });
  });

  // The example of the docs; a user's machine need not have Python.
  test.runIf(spawnSync("python3", ["--version"]).status === 0)("can be ten lines of Python", async () => {
    const port = await freePort();
    const python = spawn("python3", ["examples/methods/nearest_pair.py", String(port)], { stdio: "ignore" });
    onTestFinished(() => void python.kill());
    const url = `http://127.0.0.1:${port}/`;
    const app = await open(`nearest=${url}`);
    await untilUp(url);
    expect(await classify(app, { method: "plug:nearest" })).toMatchObject({
      status: 200,
      body: { results: [{ classes: expected }] },
    });
  });
});

test("a plugged method is tuned beside the core's on the same questions, with a paired interval", async () => {
  const app = await open(`nearest=${FILE}`);
  await app.call("PUT", "/v1/collections/c/anchors", {
    anchors: Array.from({ length: 40 }, (_, i) => ({
      ...{ id: `bird-${i}`, text: `bird ${i}` },
      imageVector: [Math.cos(i), Math.sin(i)],
      textVector: [Math.sin(i), Math.cos(i)],
    })),
  });
  const { body } = await app.call("POST", "/v1/collections/c/tune", { methods: ["asif", "plug:nearest"] });
  const ended = await app.service.jobs.settled((body as { readonly id: string }).id);
  expect(ended).toMatchObject({ state: "done", error: null });
  const tuned = (await app.call("GET", "/v1/collections/c/tune")).body as Tuning;
  expect(tuned.methods?.map(({ method }) => method).sort()).toEqual(["asif", "plug:nearest"]);
  for (const { method, difference } of tuned.methods ?? []) {
    expect(difference.low).toBeLessThanOrEqual(difference.mean);
    expect(difference.high).toBeGreaterThanOrEqual(difference.mean);
    if (method === "asif") expect(difference).toEqual({ mean: 0, low: 0, high: 0 });
  }
  const refused = await app.call("POST", "/v1/collections/c/tune", { methods: ["plug:forest"] });
  expect([refused.status, pathsOf(refused)]).toEqual([400, ["method"]]);
});

describe("the setting that lists methods", () => {
  test("rejects what is no NAME=FILE, a name given twice and a module without fit", async () => {
    for (const wrong of [
      "nearest",
      "=x.mjs",
      "Near=x.mjs",
      `a=${FILE},a=${FILE}`,
      "a=./absent.mjs",
      "a=package.json",
    ])
      await expect(openMethods(wrong), wrong).rejects.toMatchObject({ code: "invalid-input" });
    expect(await openMethods(" ")).toEqual([]);
  });
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const untilUp = async (url: string): Promise<void> => {
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch {
      await sleep(50);
    }
  }
};
