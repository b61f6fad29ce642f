import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schemas from "../../src/api/queries.ts";
import { anchorOf, createCollection, openTestApp, pathsOf, type Answer, type TestApp } from "./support.ts";

let test: TestApp;

/** Two clusters: foxes along the first axis, owls along the second, in both modalities. */
const pairs = [
  {
    id: "fox1",
    text: "a red fox",
    imageVector: [1, 0, 0],
    textVector: [1, 0],
    metadata: { kind: "fox", year: 2020 },
  },
  {
    id: "fox2",
    text: "a fox in snow",
    imageVector: [0.9, 0.1, 0],
    textVector: [0.9, 0.2],
    metadata: { kind: "fox", year: 2024 },
  },
  {
    id: "owl1",
    text: "a grey owl",
    imageVector: [0, 1, 0],
    textVector: [0, 1],
    metadata: { kind: "owl", year: 2020 },
  },
  {
    id: "owl2",
    text: "an owl at night",
    imageVector: [0.1, 0.9, 0.1],
    textVector: [0.1, 0.9],
    metadata: { kind: "owl", year: 2024 },
  },
];

beforeAll(async () => {
  test = await openTestApp();
  await createCollection(test, "c");
  await test.call("DELETE", "/v1/collections/c/anchors/kept");
  await test.call("PUT", "/v1/collections/c/anchors", { anchors: pairs });
});

afterAll(() => test.close());

const ask = (query: string, request: object): Promise<Answer> =>
  test.call("POST", `/v1/collections/c/${query}`, request);
const vector = (values: number[], modality: string) => ({ vector: values, modality });

describe("a search", () => {
  it.each([
    ["image", "image", [0.8, 0.2, 0], "fox2"],
    ["text", "text", [0, 2], "owl1"],
    ["image", "text", [0, 1, 0], "owl1"],
    ["text", "image", [1, 0], "fox1"],
  ])("goes from %s to %s", async (from, target, values, best) => {
    const answer = await ask("search", { query: vector(values, from), target, limit: 2, k: 2, p: 2 });
    const { hits, plan, sequence } = schemas.searchAnswer.parse(answer.body);
    expect(hits[0]?.id).toBe(best);
    expect(hits).toHaveLength(2);
    expect(plan.index).toBe("exact");
    expect(sequence).toBe(3);
  });

  it("takes the modality beside the query too, and an anchor as more like it", async () => {
    const beside = await ask("search", {
      query: { vector: [0, 1] },
      modality: "text",
      target: "text",
      limit: 1,
    });
    expect(schemas.searchAnswer.parse(beside.body).hits[0]).toMatchObject({ id: "owl1", text: "a grey owl" });
    const like = await ask("search", { query: { anchor: "fox1" }, target: "image", limit: 2 });
    expect(schemas.searchAnswer.parse(like.body).hits.map(({ id }) => id)).toEqual(["fox1", "fox2"]);
  });

  it("finds only what the filter lets through", async () => {
    const filter = { kind: { in: ["fox", "hen"] }, not: { year: { lt: 2022 } } };
    const answer = await ask("search", { query: { anchor: "owl1" }, target: "text", filter });
    expect(schemas.searchAnswer.parse(answer.body).hits.map(({ id }) => id)).toEqual(["fox2"]);
  });
});

describe("relative representations", () => {
  it("name their anchors, values descending, of norm 1", async () => {
    const answer = await ask("relative", {
      inputs: [vector([1, 0.2], "text")],
      modality: "text",
      k: 3,
      p: 2,
    });
    const [row] = schemas.relativeAnswer.parse(answer.body).representations;
    expect(row?.anchors).toEqual(["fox2", "fox1", "owl2"]);
    expect(row?.values.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 6);
  });

  it("are refused where the answer would be endless", async () => {
    await createCollection(test, "many");
    await test.call("PUT", "/v1/collections/many/anchors", {
      anchors: Array.from({ length: 2100 }, (_, i) => anchorOf(`n${i}`)),
    });
    const inputs = Array.from({ length: 1000 }, () => ({ anchor: "n1" }));
    const answer = await test.call("POST", "/v1/collections/many/relative", {
      inputs,
      modality: "text",
      k: 5000,
    });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "inputs" }] } });
  });
});

describe("similarity", () => {
  it("scores images against texts", async () => {
    const answer = await ask("similarity", {
      images: [{ anchor: "fox1" }, { anchor: "owl1" }],
      texts: [{ anchor: "fox2" }, { anchor: "owl2" }, vector([1, 1], "text")],
      k: 2,
    });
    const { scores } = schemas.similarityAnswer.parse(answer.body);
    expect(scores.map((row) => row.length)).toEqual([3, 3]);
    expect(scores[0]?.[0]).toBeGreaterThan(scores[0]?.[1] ?? 1);
    expect(scores[1]?.[1]).toBeGreaterThan(scores[1]?.[0] ?? 1);
  });
});

describe("classification", () => {
  const classes = [
    { name: "fox", prompts: [vector([1, 0.1], "text")] },
    { name: "owl", prompts: [vector([0.1, 1], "text")] },
  ];

  it("names the best class first, and the anchors that decided it", async () => {
    const answer = await ask("classify", {
      images: [{ anchor: "fox1" }, vector([0, 1, 0.1], "image")],
      classes,
      explain: 10,
      p: 2,
    });
    const { results } = schemas.classifyAnswer.parse(answer.body);
    expect(results.map((result) => result.classes[0]?.name)).toEqual(["fox", "owl"]);
    const [first] = results;
    const sum = first?.explanation?.reduce((total, { contribution }) => total + contribution, 0);
    expect(sum).toBeCloseTo(first?.classes[0]?.score ?? 0, 6);
  });

  it("remembers only the anchors that the filter lets through", async () => {
    const answer = await ask("classify", {
      images: [vector([1, 0.5, 0], "image")],
      classes,
      explain: 10,
      filter: { year: 2020 },
    });
    const explained = schemas.classifyAnswer
      .parse(answer.body)
      .results[0]?.explanation?.map(({ anchor }) => anchor);
    expect(explained?.sort()).toEqual(["fox1", "owl1"]);
  });

  it("says that a text cannot be encoded where the encoder is external", async () => {
    const answer = await ask("classify", { images: [{ anchor: "fox1" }], classes: [{ name: "fox" }] });
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ path: expect.stringMatching(/^classes\.0\.name/) as string }] },
    });
  });
});

describe("minSequence", () => {
  const requests = {
    search: { query: { anchor: "fox1" }, target: "image" },
    relative: { inputs: [{ anchor: "fox1" }], modality: "image" },
    similarity: { images: [{ anchor: "fox1" }], texts: [vector([1, 0], "text")] },
    classify: { images: [{ anchor: "fox1" }], classes: [{ name: "x", prompts: [vector([1, 0], "text")] }] },
  };

  it.each(Object.entries(requests))("is kept to by %s", async (name, request) => {
    const { sequence } = (await test.call("GET", "/v1/collections/c")).body as { sequence: number };
    const answer = await ask(name, { ...request, minSequence: sequence });
    expect(answer).toMatchObject({ status: 200, body: { sequence } });
  });

  it.each(["", "/anchors", "/anchors/fox1"])("is kept to by GET /v1/collections/c%s", async (path) => {
    const { sequence } = (await test.call("GET", "/v1/collections/c")).body as { sequence: number };
    expect((await test.call("GET", `/v1/collections/c${path}?minSequence=${sequence}`)).status).toBe(200);
    for (const wrong of ["-1", "1.5", "soon", ""]) {
      const answer = await test.call("GET", `/v1/collections/c${path}?minSequence=${wrong}`);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "minSequence" }] } });
    }
  });

  it.each([-1, 1.5, "7", null, 1e300])("of %j is refused", async (minSequence) => {
    const answer = await ask("search", { ...requests.search, minSequence });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "minSequence" }] } });
  });

  it("that is not reached in time is answered with 503 and when to ask again", async () => {
    const answer = await ask("search", { ...requests.search, minSequence: 1_000 });
    expect(answer).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining("within 5 s") as string },
    });
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  }, 10_000);
});

it("refuses a k that would take more memory than there is for all of a request's inputs", async () => {
  const crowd = await openTestApp();
  try {
    await createCollection(crowd, "crowd");
    const anchors = Array.from({ length: 2_001 }, (_, i) => anchorOf(`a${i}`));
    await crowd.call("PUT", "/v1/collections/crowd/anchors", { anchors });
    const texts = Array.from({ length: 20_000 }, () => ({ vector: [1, 0] }));
    const classes = Array.from({ length: 20 }, (_, i) => ({
      name: `c${i}`,
      prompts: texts.slice(0, 1_000),
    }));
    const images = [{ anchor: "a0" }];
    for (const [path, body] of [
      ["classify", { images, classes }],
      ["counterfactual", { images, classes, without: { ids: ["a1"] } }],
      ["coverage", { classes }],
    ] as const) {
      const answer = await crowd.call("POST", `/v1/collections/crowd/${path}`, { ...body, k: 100_000 });
      expect([path, answer.status, pathsOf(answer)]).toEqual([path, 400, ["k"]]);
    }
  } finally {
    await crowd.close();
  }
});
