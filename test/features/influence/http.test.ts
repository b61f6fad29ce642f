import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { influenceAnswer } from "../../../src/features/influence/api.ts";
import * as schemas from "../../../src/api/queries.ts";
import { openTestApp, pathsOf, type Answer, type TestApp } from "../../http/support.ts";

let test: TestApp;

/** Foxes along the first axis, owls along the second, in both modalities. */
const anchorsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const [fox, owl] = i % 2 === 0 ? [1, 0.05 * (i % 7)] : [0.05 * (i % 5), 1];
    return {
      id: `a${i}`,
      text: `${i % 2 === 0 ? "fox" : "owl"} ${i}`,
      imageVector: [fox, owl, 0.01 * i],
      textVector: [fox + 0.001 * i, owl],
      metadata: { even: i % 4 === 0 },
    };
  });

const create = async (name: string, anchors: readonly object[], more: object = {}): Promise<void> => {
  await test.call("POST", "/v1/collections", {
    name,
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
    asif: { k: 6, p: 3 },
    ...more,
  });
  if (anchors.length > 0) await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors });
};

const QUESTION = {
  images: Array.from({ length: 12 }, (_, i) => ({ vector: [1 - i / 12, 0.2 + i / 13, 0.02 * i] })),
  classes: [
    { name: "fox", prompts: [{ vector: [1, 0.1] }] },
    { name: "owl", prompts: [{ vector: [0.1, 1] }, { vector: [0, 1] }] },
    { name: "chimera", prompts: [{ vector: [1, 1] }] },
  ],
};

beforeAll(async () => {
  test = await openTestApp();
  await create("c", anchorsOf(40));
});

afterAll(() => test.close());

const ask = (request: object = {}, name = "c"): Promise<Answer> =>
  test.call("POST", `/v1/collections/${name}/influence`, { ...QUESTION, ...request });
const winners = async (name: string, request: object = {}): Promise<(string | undefined)[]> =>
  schemas.classifyAnswer
    .parse((await test.call("POST", `/v1/collections/${name}/classify`, { ...QUESTION, ...request })).body)
    .results.map(({ classes }) => classes[0]?.name);

describe("influence over HTTP", () => {
  it("names the anchors whose deletion flips the most, as their deletion shows", async () => {
    const answer = influenceAnswer.parse((await ask({ limit: 40 })).body);
    const before = await winners("c");
    expect(answer.images.map(({ name }) => name)).toEqual(before);
    expect(answer.anchors.length).toBeGreaterThan(3);
    expect(answer.flipping).toBeGreaterThan(0);
    const some = [...answer.anchors.slice(0, 3), ...answer.anchors.slice(-1)];
    for (const { anchor, flips, flipped, image } of some) {
      const name = `without-${anchor}`;
      await create(
        name,
        anchorsOf(40).filter(({ id }) => id !== anchor),
      );
      const after = await winners(name);
      const expected = before.flatMap((from, i) =>
        from === after[i] ? [] : [{ image: i, from, to: after[i] }],
      );
      expect(flipped).toEqual(expected);
      expect(flips).toBe(expected.length);
      expect(image).toBeNull();
    }
  });

  it("is of the anchors that the filter lets through", async () => {
    const answer = influenceAnswer.parse((await ask({ filter: { even: true }, limit: 40 })).body);
    expect(answer.supporting).toBeLessThanOrEqual(10);
    for (const { anchor } of answer.anchors) expect(Number(anchor.slice(1)) % 4).toBe(0);
  });

  it("is empty without anchors, and whole where there is one", async () => {
    await create("empty", []);
    const none = influenceAnswer.parse((await ask({}, "empty")).body);
    expect(none).toMatchObject({ anchors: [], supporting: 0, flipping: 0 });
    expect(none.images).toEqual(QUESTION.images.map(() => ({ name: "fox", score: 0, flippedBy: 0 })));
    await create("one", anchorsOf(1));
    const one = influenceAnswer.parse((await ask({}, "one")).body);
    expect(one).toMatchObject({ supporting: 1, anchors: [{ anchor: "a0", meanChange: 1 }] });
    const filtered = influenceAnswer.parse((await ask({ filter: { nobody: "has it" } })).body);
    expect(filtered.supporting).toBe(0);
  });

  it("takes classes that share a name, and a thousand of them", async () => {
    const classes = Array.from({ length: 1_000 }, (_, i) => ({
      name: `c${i % 700}`,
      prompts: [{ vector: [1, (i % 900) / 900] }],
    }));
    const answer = influenceAnswer.parse((await ask({ classes, limit: 3 })).body);
    expect(answer.anchors.length).toBeLessThanOrEqual(3);
    expect(answer.images.map(({ name }) => name)).toEqual(await winners("c", { classes }));
  });

  it.each([
    [{ limit: 0 }, "limit"],
    [{ limit: 1_001 }, "limit"],
    [{ top: 3 }, "top"],
    [{ explain: 3 }, "explain"],
    [{ ef: 20 }, "ef"],
    [{ images: [] }, "images"],
    [{ classes: [{ name: "fox" }] }, "classes.0.name"],
    [{ images: [{ anchor: "nobody" }] }, "images.0.anchor"],
  ])("of %j is refused", async (request, path) => {
    const answer = await ask(request);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)[0]).toBe(path);
  });

  it("is refused where it would take too much, and where the method is another", async () => {
    const classes = Array.from({ length: 1_001 }, (_, i) => ({ name: `c${i}`, prompts: [{ anchor: "a1" }] }));
    const images = Array.from({ length: 1_000 }, () => ({ anchor: "a1" }));
    expect(pathsOf(await ask({ images, classes }))).toEqual(["images"]);
    const prompts = Array.from({ length: 400 }, () => ({ anchor: "a1" }));
    expect(pathsOf(await ask({ classes: [{ name: "fox", prompts }], ensemble: "mean" }))).toEqual([
      "classes",
    ]);
    expect(await ask({ method: "csa" })).toMatchObject({
      status: 422,
      body: { errors: [{ path: "method" }] },
    });
    expect((await ask({}, "nobody")).status).toBe(404);
  });
});
