import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anchorOf, BASE, createCollection, openTestApp, type TestApp } from "./support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp({ bodyLimitBytes: 256 * 1024 });
  await createCollection(test, "c");
});

afterAll(() => test.close());

/** Requests that are right, to be spoilt in one place. */
const RIGHT: readonly (readonly [string, string, object])[] = [
  [
    "POST",
    "/v1/collections",
    { name: "d", imageEncoder: { external: { dimension: 4 } }, textEncoder: "x", asif: { k: 3, p: 2 } },
  ],
  [
    "PUT",
    "/v1/collections/c/anchors",
    { anchors: [anchorOf("a"), { ...anchorOf("b"), image: { base64: "AAAA" } }] },
  ],
  ["POST", "/v1/collections/c/anchors/exists", { ids: ["a", "b"] }],
  ["POST", "/v1/collections/c/anchors/delete", { ids: ["a"] }],
  [
    "POST",
    "/v1/collections/c/anchors/delete",
    { filter: { seed: { gte: 1 }, any: [{ a: 1 }, { not: { b: { in: [1] } } }] } },
  ],
  [
    "POST",
    "/v1/collections/c/search",
    {
      query: { vector: [1, 2, 3], modality: "image" },
      target: "text",
      limit: 3,
      k: 2,
      p: 2,
      exact: true,
      filter: { seed: 1 },
    },
  ],
  ["POST", "/v1/collections/c/relative", { inputs: [{ anchor: "kept" }], modality: "text", k: 2, ef: 10 }],
  [
    "POST",
    "/v1/collections/c/similarity",
    { images: [{ anchor: "kept" }], texts: [{ vector: [1, 2] }], transform: "center" },
  ],
  [
    "POST",
    "/v1/collections/c/classify",
    {
      images: [{ anchor: "kept" }],
      classes: [{ name: "a", prompts: [{ vector: [1, 2] }] }],
      templates: ["{}"],
      ensemble: "mean",
      top: 2,
      explain: 2,
    },
  ],
  [
    "POST",
    "/v1/transferability",
    {
      features: [
        [1, 2],
        [2, 1],
        [0, 3],
        [4, 0],
      ],
      labels: [0, 0, 7, 7],
      fLabels: [[[1], [1], [2], [2]]],
      sourceProbabilities: [
        [0.5, 0.5],
        [1, 0],
        [0, 1],
        [0.25, 0.75],
      ],
      methods: ["emms", "leep", "nce", "hscore", "gbc", "parc", "knn", "linear-probe"],
      rounds: 2,
      options: { knn: { k: 2 }, parc: { samples: 4, labels: "f-labels" } },
    },
  ],
  [
    "POST",
    "/v1/selections",
    {
      collection: "c",
      labels: { field: "seed" },
      imageEncoders: ["a"],
      textEncoders: ["b"],
      methods: ["emms"],
      transforms: ["none"],
      templates: ["{}"],
      dimension: 2,
      samples: 10,
    },
  ],
  [
    "POST",
    "/v1/selections",
    {
      models: [{ name: "a", features: [[1], [2], [3]] }],
      labels: ["a", { question: "q", answer: "b" }, { phrase: "c", box: [0, 0, 1, 1] }],
      methods: ["knn"],
      transforms: ["none"],
      bootstrap: 0,
    },
  ],
  ["POST", "/v1/rank-correlation", { x: [1, 2, 3], y: [3, 2, 1] }],
  [
    "POST",
    "/v1/consensus",
    {
      collection: "c",
      condition: { image: { anchor: "kept" }, text: { vector: [1, 2] }, template: "a {}" },
      generators: [
        { name: "list", proposals: [{ vector: [1, 2], modality: "text" }, { anchor: "kept" }] },
        { name: "captions", k: 3 },
        { name: "template", template: "a {b}", words: { b: ["c", "d"] } },
        { name: "mutation", words: ["x"], operations: ["add"] },
      ],
      scorers: [
        { name: "asif", weight: 2, calibration: { kind: "z", clip: 3 } },
        { name: "csa", onFailure: "drop" },
        { name: "knn-vote", field: "seed", k: 2, temperature: 1 },
        { name: "self-consistency", by: "votes" },
      ],
      aggregation: { kind: "mean-variance", lambda: 1 },
      rounds: 2,
      proposals: 5,
      budget: { scores: 50, ms: 500 },
      abstain: { margin: 0.1 },
      seed: 3,
      trace: true,
    },
  ],
  [
    "POST",
    "/v1/consensus/score",
    {
      collection: "c",
      condition: { images: [{ vector: [1, 2, 3] }] },
      proposals: [{ steps: ["1 + 1 = 2"] }, { vector: [2, 1], modality: "text" }],
      scorers: [
        { name: "arithmetic", mode: "veto" },
        { name: "reverse-retrieval", gallery: 5 },
      ],
    },
  ],
];

const anyText = fc.string({ unit: "binary", maxLength: 20 });
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }),
  fc.constantFrom(
    "",
    0,
    -0,
    1e308,
    5e-324,
    -1,
    2 ** 53,
    "\0",
    "\ud800",
    "__proto__",
    "constructor",
    [],
    {},
    null,
    true,
  ),
);

/** Every place in a value, the whole first. */
const placesIn = (value: unknown, at: readonly string[] = []): (readonly string[])[] => [
  at,
  ...(typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...at, key]))
    : []),
];

const replaced = (value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown => {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
};

const expectAnswered = async (path: string, init: RequestInit): Promise<void> => {
  const response = await test.app.request(`${BASE}${path}`, init);
  expect(response.status, `${await response.text()} ${test.logged.join()}`).toBeLessThan(500);
  if (response.status >= 400) expect(response.headers.get("content-type")).toBe("application/problem+json");
};

describe("no input makes a 5xx", () => {
  it("not a right request that is spoilt in one place", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...RIGHT),
        fc.nat(),
        anyValue,
        anyText,
        async ([method, path, right], at, value, key) => {
          const places = placesIn(right);
          const place = places[at % places.length] ?? [];
          const spoilt = at % 5 === 0 ? replaced(right, [key], value) : replaced(right, place, value);
          await expectAnswered(path, {
            method,
            headers: { "content-type": "application/json" },
            body: JSON.stringify(spoilt),
          });
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("not any bytes as a body, nor as a stream", async () => {
    const type = fc.constantFrom(
      "application/json",
      "application/x-ndjson",
      "text/plain",
      "application/json; charset=latin1",
      "",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...RIGHT),
        type,
        fc.uint8Array({ maxLength: 300 }),
        async ([method, path], contentType, bytes) => {
          await expectAnswered(path, {
            method,
            headers: { "content-type": contentType },
            body: Buffer.from(bytes),
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("not any path, method or parameters", async () => {
    const method = fc.constantFrom("GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "POST", "PUT");
    const segment = fc.oneof(
      fc.constantFrom(
        "v1",
        "collections",
        "c",
        "anchors",
        "kept",
        "image",
        "delete",
        "jobs",
        "%",
        "%2F",
        "%00",
        "%ff",
        "..",
        "%2e%2e",
        "\\",
      ),
      anyText.filter((text) => text.isWellFormed()).map(encodeURIComponent),
    );
    const known = fc.constantFrom("", "/v1/collections", "/v1/collections/c/anchors", "/v1/jobs");
    const parameter = fc.tuple(
      fc.constantFrom("limit", "cursor", "filter", "vectors", "x", "__proto__"),
      fc.oneof(fc.constantFrom("1", "true", "%7B%7D", "%22%00%22", "%"), fc.json().map(encodeURIComponent)),
    );
    await fc.assert(
      fc.asyncProperty(
        method,
        known,
        fc.array(segment, { maxLength: 3 }),
        fc.array(parameter, { maxLength: 3 }),
        async (verb, prefix, segments, parameters) => {
          const query = parameters.map(([name, value]) => `${name}=${value}`).join("&");
          // The collection itself is wanted by the other runs.
          fc.pre(verb !== "DELETE" || segments.length > 0 || prefix !== "/v1/collections");
          fc.pre(!(verb === "DELETE" && prefix === "/v1/collections" && segments.join("/") === "c"));
          await expectAnswered(`${prefix}/${segments.join("/")}?${query}`, { method: verb });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
