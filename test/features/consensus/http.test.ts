import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createGraph } from "../../../src/onnx/index.ts";
import { createClient, type ConsensusEvent } from "../../../src/features/client.ts";
import { replay, type ConsensusRun } from "../../../src/features/consensus/index.ts";
import {
  consensusAnswer,
  consensusScoreAnswer,
  generatorList,
  scorerList,
} from "../../../src/features/consensus/api/answer.ts";
import { consensusRound } from "../../../src/features/consensus/api/run.ts";
import { json, openEndpoint, sizeOf } from "../../support/endpoints.ts";
import { listen, openTestApp, pathsOf, problemIn, type TestApp } from "../../http/support.ts";

const KINDS = ["fox", "owl", "hen", "cod"];
const COLOURS = ["red", "grey", "white"];

/** Pictures of four kinds in three colours; the first parts of a vector are the kind, the others the colour. */
const anchors = KINDS.flatMap((kind, i) =>
  COLOURS.map((colour, j) => {
    const vector = [
      ...KINDS.map((_, at) => (at === i ? 1 : 0.05 * (at + j))),
      ...COLOURS.map((_, at) => (at === j ? 0.6 : 0)),
    ];
    return {
      id: `${kind}-${colour}`,
      text: `a ${colour} ${kind}`,
      imageVector: vector,
      textVector: vector,
      metadata: { kind, tags: [kind, colour] },
    };
  }),
);
const FOX = { vector: [1, 0, 0, 0, 0.6, 0, 0] };
const base = { collection: "c", condition: { image: FOX } };
const scorers = [{ name: "asif" }, { name: "neighbour-captions" }, { name: "reverse-retrieval" }];
const generators = [{ name: "captions" }];

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
  const dimension = { external: { dimension: 7 } };
  await test.call("POST", "/v1/collections", { name: "c", imageEncoder: dimension, textEncoder: dimension });
  await test.call("PUT", "/v1/collections/c/anchors", { anchors });
});

afterAll(() => test.close());

const ask = (request: object, path = "/v1/consensus") => test.call("POST", path, { ...base, ...request });
const answered = async (request: object) => {
  const { status, body } = await ask(request);
  expect(status, JSON.stringify(body)).toBe(200);
  return consensusAnswer.parse(body);
};

describe("a consensus", () => {
  it("answers with a winner, what each scorer would have chosen, how far they agree, and what it cost", async () => {
    const found = await answered({ generators, scorers });
    expect(found.winner).toMatchObject({ kind: "text", text: "a red fox", generator: "captions", round: 1 });
    expect(found.alone.map(({ scorer }) => scorer)).toEqual(scorers.map(({ name }) => name));
    expect(found.top).toHaveLength(5);
    expect(found.costs.map(({ proposals }) => proposals)).toEqual([12, 12, 12]);
    expect(found).toMatchObject({ sequence: 1, abstained: false, proposals: 12, vetoed: 0, failures: [] });
    expect(found.agreement?.agreement).toBeGreaterThan(0);
    expect(found.trace).toBeUndefined();
  });

  it("is the same for the same seed, and can be replayed from its trace", async () => {
    const request = {
      generators: [{ name: "captions", k: 5 }, { name: "mutation" }],
      scorers,
      seed: 4,
      trace: true,
    };
    const [one, other] = [await answered(request), await answered(request)];
    expect(other.trace?.rounds).toEqual(one.trace?.rounds);
    const { trace, winner } = one;
    const run = trace as unknown as Pick<ConsensusRun, "rounds" | "backgrounds" | "weights">;
    expect(replay(run, trace as never)).toBe(winner?.id);
  });

  it.each([
    ["caption", {}, "a red fox"],
    ["tag", { field: "tags" }, "fox"],
  ])("knows the task %s", async (task, more, text) => {
    const words = ["fox", "owl", "hen", "cod", "red"];
    const embeddable = task === "caption";
    const found = await answered({
      task,
      ...more,
      // These words have no vectors here, where texts are not encoded: the votes of the nearest decide.
      ...(embeddable ? {} : { scorers: [{ name: "knn-vote", field: "tags" }] }),
    });
    expect(found.winner?.text).toBe(text);
    expect(embeddable || words.includes(found.winner?.text ?? "")).toBe(true);
  });

  it("leaves the anchor out that the image is", async () => {
    const request = { generators, scorers: [{ name: "neighbour-captions", k: 1 }] };
    const condition = { image: { anchor: "fox-red" } };
    const found = await answered({ ...request, condition });
    expect(found.proposals).toBe(11);
    expect(found.winner?.text).not.toBe("a red fox");
  });

  it("takes images for proposals where the condition is a text", async () => {
    const found = await answered({
      condition: { text: { vector: [0, 0, 1, 0, 0, 0, 0.6] } },
      generators: [{ name: "anchors" }],
      scorers: [{ name: "asif" }, { name: "csa", weight: 0.1 }],
    });
    expect(found.winner).toMatchObject({ kind: "anchor", anchor: "hen-white" });
  });

  it("answers what is vetoed with the reason, and null where nothing is left", async () => {
    const found = await answered({
      condition: {},
      generators: [{ name: "list", proposals: [{ steps: ["1 + 1 = 3"] }] }],
      scorers: [{ name: "arithmetic", mode: "veto" }],
      trace: true,
    });
    expect(found).toMatchObject({ winner: null, agreement: null, vetoed: 1 });
    expect(found.trace?.rounds[0]?.vetoes[0]?.reason).toContain("2 is not 3");
  });

  it("counts votes for texts that cannot be embedded here", async () => {
    const found = await answered({
      condition: {},
      generators: [{ name: "list", proposals: [{ text: "x" }, { text: "y" }, { text: "y" }] }],
      scorers: [{ name: "self-consistency", by: "votes" }],
      rounds: 1,
    });
    expect(found.winner).toMatchObject({ text: "y", multiplicity: 2 });
  });

  it("has no winner where no scorer can judge what is proposed", async () => {
    const found = await answered({ generators, scorers: [{ name: "image-image" }] });
    expect(found).toMatchObject({ winner: null, agreement: null, proposals: 12 });
  });

  it("scores proposals without a loop, raw and calibrated", async () => {
    const { status, body } = await ask(
      {
        condition: { image: FOX },
        proposals: [{ text: "a red fox" }, { text: "a grey owl" }, { text: "a red fox" }].map((_, i) => ({
          vector: anchors[i % 2 === 0 ? 0 : 4]?.textVector,
          modality: "text",
        })),
        scorers: [{ name: "asif" }, { name: "csa", calibration: { kind: "rank" } }],
      },
      "/v1/consensus/score",
    );
    expect(status).toBe(200);
    const matrix = consensusScoreAnswer.parse(body);
    expect(matrix.proposals).toHaveLength(2);
    const [asif, csa] = matrix.scorers;
    expect(asif?.raw[0] ?? 0).toBeGreaterThan(asif?.raw[1] ?? 0);
    expect(csa?.calibrated).toEqual([1, 0]);
    expect(matrix.values[0] ?? 0).toBeGreaterThan(matrix.values[1] ?? 0);
  });
});

describe("a consensus is refused, by field,", () => {
  it.each<[string, object, string, string?]>([
    ["without generators or a task", { scorers }, "generators"],
    ["without scorers or a task", { generators }, "scorers"],
    [
      "for a scorer that is not known",
      { generators, scorers: [{ name: "clip" }] },
      "scorers.0.name",
      "known are asif, local, asif+local, csa",
    ],
    [
      "for a generator that is not known",
      { generators: [{ name: "gpt" }], scorers },
      "generators.0.name",
      "known are list",
    ],
    ["for a parameter that is not known", { generators, scorers: [{ name: "asif", kk: 1 }] }, "scorers.0.kk"],
    [
      "for a parameter out of range",
      { generators, scorers: [{ name: "knn-vote", field: "kind", k: 0 }] },
      "scorers.0.k",
    ],
    [
      "where a scorer needs an image",
      { condition: { text: { vector: [1, 0, 0, 0, 0, 0, 0] } }, generators, scorers },
      "scorers.1",
      "needs condition.image",
    ],
    [
      "where a scorer needs either",
      { condition: {}, generators: [{ name: "class-names", field: "kind" }], scorers: [{ name: "asif" }] },
      "scorers.0",
    ],
    [
      "where a generator needs either",
      { condition: {}, generators, scorers: [{ name: "arithmetic" }] },
      "generators.0",
    ],
    [
      "for a probe of a field without classes",
      { generators, scorers: [{ name: "probe", field: "none" }] },
      "scorers.0.field",
      "0 classes",
    ],
    [
      "for votes over a field that no anchor has",
      { generators, scorers: [{ name: "knn-vote", field: "none" }] },
      "scorers.0.field",
      "no anchor has",
    ],
    [
      "for values of a field that no anchor has",
      { generators: [{ name: "class-names", field: "none" }], scorers },
      "generators.0.field",
      "no anchor has",
    ],
    ["for a task over a field that no anchor has", { task: "tag", field: "none" }, "field", "no anchor has"],
    [
      "for a target that is no class",
      { generators: [{ name: "anchors" }], scorers: [{ name: "probe", field: "kind", target: "elk" }] },
      "scorers.0.target",
    ],
    [
      "for a classifier that is not there",
      { generators, scorers: [{ name: "onnx", classifier: "none" }] },
      "scorers.0.classifier",
      "no classifier",
    ],
    [
      "for a classifier by a path",
      { generators, scorers: [{ name: "onnx", classifier: "../x" }] },
      "scorers.0.classifier",
    ],
    ["where a scorer needs a text", { generators, scorers: [{ name: "text-text" }] }, "scorers.0"],
    [
      "for two scorers of one name",
      { generators, scorers: [{ name: "asif" }, { name: "asif" }] },
      "scorers.1.as",
    ],
    ["for weights that are all 0", { generators, scorers: [{ name: "asif", weight: 0 }] }, "scorers"],
    ["for too many rounds", { generators, scorers, rounds: 1_000 }, "rounds"],
    ["for too many proposals", { generators, scorers, proposals: 1_000_000 }, "proposals"],
    ["for too long a time", { generators, scorers, budget: { ms: 10_000_000 } }, "budget.ms"],
    ["for a task without its field", { task: "tag" }, "field"],
    ["for a task without its image", { task: "caption", condition: {} }, "condition.image"],
    ["for a task without its question", { task: "answer" }, "condition.text"],
    [
      "for an image and images",
      { generators, scorers, condition: { image: FOX, images: [FOX] } },
      "condition.images",
    ],
    [
      "for a template without a place",
      { generators, scorers, condition: { image: FOX, template: "a" } },
      "condition.template",
    ],
    [
      "for an image of another dimension",
      { generators, scorers, condition: { images: [FOX, { vector: [1] }] } },
      "condition.images.1.vector",
    ],
    [
      "for a text that cannot be embedded here",
      { generators: [{ name: "list", proposals: [{ text: "x" }] }], scorers },
      "generators.0.proposals.0.text",
    ],
    [
      "for an anchor that is not there",
      { generators: [{ name: "list", proposals: [{ anchor: "x" }] }], scorers },
      "generators.0.proposals.0.anchor",
    ],
    [
      "for a proposal of no kind",
      { generators: [{ name: "list", proposals: [{ words: "x" }] }], scorers },
      "generators.0.proposals.0",
    ],
    [
      "for a place without words",
      { generators: [{ name: "template", template: "a {b}", words: {} }], scorers },
      "generators.0.words.b",
    ],
    [
      "for a host that is not allowed",
      { generators, scorers: [{ name: "http", url: "http://127.0.0.1:9/" }] },
      "scorers.0.url",
      "allow-list",
    ],
    [
      "for a generator's host that is not allowed",
      { generators: [{ name: "http", url: "file:///etc/passwd" }], scorers },
      "generators.0.url",
    ],
  ])("%s", async (_, request, path, message = "") => {
    const refused = await ask(request);
    expect([400, 422]).toContain(refused.status);
    expect(pathsOf(refused)).toContain(path);
    expect(problemIn(refused).detail).toContain(message);
  });

  it("for a collection that is not there", async () => {
    expect((await ask({ collection: "none", generators, scorers })).status).toBe(404);
  });
});

describe("what there is", () => {
  it("is listed with parameters as JSON Schema", async () => {
    const known = scorerList.parse((await test.call("GET", "/v1/scorers")).body);
    expect(known.hosts).toEqual([]);
    expect(known.scorers.map(({ name }) => name)).toContain("reverse-retrieval");
    const vote = known.scorers.find(({ name }) => name === "knn-vote");
    expect(vote).toMatchObject({ kinds: ["text"], needs: "image", cost: "arithmetic" });
    expect(vote?.parameters).toMatchObject({
      type: "object",
      required: ["name", "field"],
      properties: { k: { type: "integer", minimum: 1 } },
    });
    const made = generatorList.parse((await test.call("GET", "/v1/generators")).body);
    expect(made.generators.map(({ name }) => name)).toContain("mutation");
  });

  it("can all be asked for by a client", async () => {
    const client = createClient({ url: (await listen(test)).url });
    const found = await client.consensus({
      ...base,
      generators: [{ name: "captions" }],
      scorers: [{ name: "asif" }],
    });
    expect(found.winner?.text).toBe("a red fox");
    const matrix = await client.consensusScore({
      ...base,
      proposals: [{ text: "unheard of" }].map(() => ({ anchor: "fox-red" })),
      scorers: [{ name: "image-image" }],
    });
    expect(matrix.scorers[0]?.raw[0]).toBeCloseTo(1, 1);
    expect(await client.listScorers()).toHaveLength(14);
    expect(await client.listGenerators()).toHaveLength(11);
  });
});

describe("what is learned", () => {
  it("by a probe on the anchors judges classes, and says how good it is", async () => {
    const found = await answered({
      generators: [{ name: "class-names", field: "kind" }],
      scorers: [{ name: "probe", field: "kind" }],
    });
    expect(found.winner?.text).toBe("fox");
    expect(found.costs[0]?.report).toMatchObject({ anchors: 12, classes: 4, accuracy: 1 });
  });

  it("elsewhere is asked as an ONNX file of the operator's folder", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "classifiers-"));
    onTestFinished(() => rm(dataDir, { recursive: true }));
    const folder = join(dataDir, "classifiers", "kinds");
    await mkdir(folder, { recursive: true });
    const manifest = { version: 1, modality: "image", dimension: 7, classes: KINDS };
    await writeFile(join(folder, "classifier.json"), JSON.stringify(manifest));
    // The first four parts of a vector, ten times.
    const graph = createGraph("kinds");
    const vectors = graph.input("vectors", "float32", ["n", 7]);
    const weights = Array.from({ length: 28 }, (_, at) => (Math.floor(at / 4) === at % 4 ? 10 : 0));
    graph.output("logits", graph.node("MatMul", [vectors, graph.floats([7, 4], weights)]), "float32", [
      "n",
      4,
    ]);
    await writeFile(join(folder, "model.onnx"), graph.toBytes());
    const small = join(dataDir, "classifiers", "small");
    await mkdir(small);
    await writeFile(join(small, "classifier.json"), JSON.stringify({ ...manifest, dimension: 3 }));
    await writeFile(join(small, "model.onnx"), graph.toBytes());
    await mkdir(join(dataDir, "classifiers", "broken"));

    const other = await openTestApp({ dataDir });
    try {
      const dimension = { external: { dimension: 7 } };
      await other.call("POST", "/v1/collections", {
        name: "c",
        imageEncoder: dimension,
        textEncoder: dimension,
      });
      await other.call("PUT", "/v1/collections/c/anchors", { anchors });
      const asked = (classifier: string, more: object = {}) =>
        other.call("POST", "/v1/consensus", {
          ...base,
          generators: [{ name: "class-names", field: "kind" }],
          scorers: [{ name: "onnx", classifier, ...more }],
        });
      expect(consensusAnswer.parse((await asked("kinds")).body).winner?.text).toBe("fox");
      const owls = await other.call("POST", "/v1/consensus", {
        ...base,
        generators: [{ name: "anchors" }],
        scorers: [{ name: "onnx", classifier: "kinds", target: "Owl" }],
      });
      expect(consensusAnswer.parse(owls.body).winner?.anchor).toMatch(/^owl/);
      expect(pathsOf(await asked("kinds", { target: "elk" }))).toEqual(["scorers.0.target"]);
      const mismatch = await asked("small");
      expect(mismatch.status).toBe(400);
      expect(problemIn(mismatch).detail).toContain(
        "takes image vectors of 3 numbers; this collection's have 7",
      );
      const broken = await asked("broken");
      expect(broken.status).toBe(422);
      expect(problemIn(broken).detail).not.toContain(dataDir);
    } finally {
      await other.close();
    }
  });
});

describe("a stream", () => {
  it("tells of each round and then of the result, which is that of the run without", async () => {
    const client = createClient({ url: (await listen(test)).url });
    const request = {
      ...base,
      generators: [{ name: "captions" as const, k: 3 }, { name: "expansion" as const }],
      scorers: [{ name: "asif" as const }, { name: "csa" as const }],
      stopWhenUnanimous: false,
    };
    const events: ConsensusEvent[] = [];
    for await (const event of client.consensusStream(request)) events.push(event);
    const plain = await client.consensus(request);
    expect(events.slice(0, -1).map(({ event }) => event)).toEqual(Array(plain.rounds).fill("round"));
    for (const each of events) if (each.event === "round") consensusRound.parse(each.round);
    const last = events.at(-1);
    expect(last?.event === "result" ? last.result.winner : undefined).toEqual(plain.winner);
  });

  it("is refused as any other request where it is wrong", async () => {
    const refused = await ask({ generators, scorers: [{ name: "text-text" }], stream: true });
    expect(refused.status).toBe(400);
    expect(pathsOf(refused)).toEqual(["scorers.0"]);
  });
});

describe("endpoints of others", () => {
  const openWith = async (hosts: string): Promise<TestApp> => {
    const other = await openTestApp({ consensusHttpHosts: hosts });
    const dimension = { external: { dimension: 7 } };
    await other.call("POST", "/v1/collections", {
      name: "c",
      imageEncoder: dimension,
      textEncoder: dimension,
    });
    await other.call("PUT", "/v1/collections/c/anchors", { anchors });
    return other;
  };

  it("score and propose, and what opens them is shown nowhere", async () => {
    const { url, host } = await openEndpoint((response, asked) => {
      const body = asked.body as { proposals?: { text: string }[]; count?: number };
      if (body.proposals === undefined)
        json(response, { proposals: [{ text: "a grey owl" }, { text: "a red fox" }] });
      else json(response, { scores: body.proposals.map(({ text }) => (text.includes("owl") ? 1 : 0)) });
    });
    const other = await openWith(host);
    try {
      const { status, body } = await other.call("POST", "/v1/consensus", {
        ...base,
        generators: [{ name: "http", url }],
        scorers: [{ name: "http", url, authorization: "Bearer hush", as: "mine" }],
        trace: true,
      });
      expect(status).toBe(200);
      expect(consensusAnswer.parse(body).winner?.text).toBe("a grey owl");
      expect(JSON.stringify(body)).not.toMatch(/hush|s3cret/);
      expect(scorerList.parse((await other.call("GET", "/v1/scorers")).body).hosts).toEqual([host]);
    } finally {
      await other.close();
    }
  });

  it.each(["the answer", "a stream"])(
    "are no longer asked when the client leaves before the end of %s",
    async (kind) => {
      let tell = (): void => undefined;
      const left = new Promise<void>((resolve) => (tell = resolve));
      const { url, host, asked } = await openEndpoint((response, one, call) => {
        // The first round is answered, the second is not.
        if (call === 1) json(response, { scores: Array(sizeOf(one)).fill(1) });
        response.on("close", () => {
          if (call > 1) tell();
        });
      });
      const other = await openWith(host);
      try {
        const client = createClient({ url: (await listen(other)).url });
        const controller = new AbortController();
        const told: string[] = [];
        const request = {
          ...base,
          generators: [{ name: "captions" as const }],
          scorers: [{ name: "http" as const, url }],
          proposals: 3,
          stopWhenUnanimous: false,
        };
        const run = async (): Promise<void> => {
          const { signal } = controller;
          if (kind === "the answer") await client.consensus(request, { signal });
          else for await (const event of client.consensusStream(request, { signal })) told.push(event.event);
        };
        const running = run();
        running.catch(() => undefined);
        while (asked.length < 2) await new Promise((next) => setTimeout(next, 5));
        controller.abort();
        await left;
        await expect(running).rejects.toThrow();
        expect(asked).toHaveLength(2);
        expect(other.logged.filter((line) => line.includes("defect"))).toEqual([]);
      } finally {
        await other.close();
      }
    },
  );
});
