import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { METHODS } from "../../src/api/methods.ts";
import { createClient } from "../../src/features/client.ts";
import * as schemas from "../../src/api/queries.ts";
import { randomAnchors } from "../support/anchor-space.ts";
import { listen, openTestApp, pathsOf, type Answer, type TestApp } from "./support.ts";

let test: TestApp;

const DIMENSIONS = { image: 12, text: 10 };
const ANCHORS = randomAnchors(50, 1, DIMENSIONS);
const FITTED = { asif: [], csa: ["csa"], orthogonal: ["orthogonal"], ridge: ["ridge"] } as const;
const FITS = {
  ...FITTED,
  local: [],
  "asif+local": [],
  "asif-csa": ["csa"],
  consensus: ["csa", "ridge"],
} as const;

const create = async (name: string): Promise<void> => {
  await test.call("POST", "/v1/collections", {
    name,
    imageEncoder: { external: { dimension: DIMENSIONS.image } },
    textEncoder: { external: { dimension: DIMENSIONS.text } },
    asif: { k: 20, p: 2 },
  });
};

const put = (name: string, anchors: typeof ANCHORS): Promise<Answer> =>
  test.call("PUT", `/v1/collections/${name}/anchors`, {
    anchors: anchors.map(({ id, image, text }, i) => ({
      id,
      text: `caption ${id}`,
      imageVector: image,
      textVector: text,
      metadata: { owner: i % 5 === 0 ? "ann" : "bob" },
    })),
  });

beforeAll(async () => {
  test = await openTestApp();
  await create("c");
  await create("empty");
  await create("single");
  await put("c", ANCHORS);
  await put("single", ANCHORS.slice(0, 1));
});

afterAll(() => test.close());

const images = ANCHORS.slice(0, 3).map(({ image }) => ({ vector: image, modality: "image" }));
const texts = ANCHORS.slice(0, 4).map(({ text }) => ({ vector: text, modality: "text" }));
const classes = texts.map((prompt, i) => ({ name: `class ${i}`, prompts: [prompt] }));

const classify = (more: object, name = "c"): Promise<Answer> =>
  test.call("POST", `/v1/collections/${name}/classify`, { images, classes, ...more });
const similarity = (more: object, name = "c"): Promise<Answer> =>
  test.call("POST", `/v1/collections/${name}/similarity`, { images, texts, ...more });

describe.each(METHODS)("the method %s", (method) => {
  it("classifies as it scores, and names what it was fitted on", async () => {
    const { results, ...made } = schemas.classifyAnswer.parse((await classify({ method })).body);
    const { scores, ...same } = schemas.similarityAnswer.parse((await similarity({ method })).body);
    expect(made).toMatchObject({ method, sequence: 1 });
    expect(made.fits.map(({ kind }) => kind).sort()).toEqual([...FITS[method]]);
    for (const fit of made.fits) expect(fit).toMatchObject({ version: 1, sequence: 1, anchors: 50 });
    expect(same.fits).toEqual(made.fits);
    results.forEach((result, i) => {
      const best = scores[i]?.indexOf(Math.max(...(scores[i] ?? []))) ?? -1;
      expect(result.classes[0]?.name).toBe(`class ${best}`);
      expect(result.classes[0]?.score).toBeCloseTo(scores[i]?.[best] ?? NaN, 5);
    });
  });

  it("answers the same twice, bit for bit, and with both ensembles where a class has one prompt", async () => {
    const resultsOf = async (more: object) =>
      schemas.classifyAnswer.parse((await classify({ method, ...more })).body).results;
    expect(await resultsOf({})).toEqual(await resultsOf({}));
    const [max, mean] = [await resultsOf({ ensemble: "max" }), await resultsOf({ ensemble: "mean" })];
    max.forEach((result, i) =>
      result.classes.forEach(({ name, score }) =>
        expect(mean[i]?.classes.find((other) => other.name === name)?.score).toBeCloseTo(score, 5),
      ),
    );
  });

  it("remembers only the anchors that the filter lets through, and stores nothing of their fit", async () => {
    const answer = await classify({ method, filter: { owner: "bob" } });
    const { fits } = schemas.classifyAnswer.parse(answer.body);
    for (const fit of fits) expect(fit).toMatchObject({ version: 0, sequence: 1, anchors: 40 });
    const none = await classify({ method, filter: { owner: "nobody" } });
    const { results } = schemas.classifyAnswer.parse(none.body);
    expect(results.flatMap((result) => result.classes.map(({ score }) => score)).every((s) => s === 0)).toBe(
      true,
    );
  });

  it("is defined for an empty collection, one anchor, one class and k beyond the anchors", async () => {
    const empty = schemas.similarityAnswer.parse((await similarity({ method }, "empty")).body);
    expect(empty.scores.flat().every((value) => value === 0)).toBe(true);
    expect((await classify({ method, k: 5_000 }, "single")).status).toBe(200);
    const one = await classify({ method, classes: classes.slice(0, 1) });
    const { results } = schemas.classifyAnswer.parse(one.body);
    expect(results.map((result) => result.classes.length)).toEqual([1, 1, 1]);
  });

  it("takes classes of one name, and a thousand of them", async () => {
    const doubled = [...classes, ...classes].map((entry) => ({ ...entry, name: "same" }));
    const answer = await classify({ method, classes: doubled });
    const [result] = schemas.classifyAnswer.parse(answer.body).results;
    expect(result?.classes[0]?.score).toBeCloseTo(result?.classes[1]?.score ?? NaN, 5);
    const many = Array.from({ length: 1000 }, (_, i) => ({ ...classes[i % 4], name: `n${i}` }));
    const wide = schemas.classifyAnswer.parse((await classify({ method, classes: many, top: 1000 })).body);
    expect(wide.results[0]?.classes).toHaveLength(1000);
  });
});

describe("a method", () => {
  it("that lists no anchors refuses to explain, and one that does adds up", async () => {
    for (const method of ["csa", "orthogonal", "ridge", "consensus"]) {
      const answer = await classify({ method, explain: 3 });
      expect(answer.status).toBe(400);
      expect(pathsOf(answer)).toEqual(["explain"]);
    }
    const answer = await classify({ method: "asif-csa", explain: 1_000 });
    for (const { classes: ranked, explanation } of schemas.classifyAnswer.parse(answer.body).results) {
      const sum = explanation?.reduce((total, { contribution }) => total + contribution, 0);
      expect(sum).toBeCloseTo(ranked[0]?.score ?? NaN, 6);
    }
  });

  it.each([
    [{ method: "cca" }, "method"],
    [{ method: "csa", rank: 0 }, "rank"],
    [{ method: "ridge", rank: 5 }, "rank"],
    [{ method: "csa", members: ["asif"] }, "members"],
    [{ method: "consensus", members: [] }, "members"],
    [{ method: "consensus", members: ["asif", "asif"] }, "members"],
    [{ method: "consensus", members: ["consensus"] }, "members.0"],
  ])("that is asked for wrongly as %j is refused at %s", async (more, path) => {
    for (const answer of [await classify(more), await similarity(more)]) {
      expect(answer.status).toBe(400);
      expect(pathsOf(answer)).toEqual([path]);
    }
  });

  it("compares as many canonical directions as are asked for", async () => {
    const scoresOf = async (rank: number) =>
      schemas.similarityAnswer.parse((await similarity({ method: "csa", rank })).body).scores;
    expect(await scoresOf(2)).not.toEqual(await scoresOf(10));
    expect(await scoresOf(10)).toEqual(await scoresOf(500));
  });

  it("is chosen through the client too, with the members of a consensus", async () => {
    const { url } = await listen(test);
    const collection = createClient({ url }).collection("c");
    const question = {
      images: [{ anchor: "anchor-1" }],
      texts: [{ anchor: "anchor-1" }, { anchor: "anchor-2" }],
    };
    const { scores, method, fits } = await collection.similarity({
      ...question,
      method: "consensus",
      members: ["asif", "orthogonal"],
    });
    expect(method).toBe("consensus");
    expect(fits.map(({ kind }) => kind)).toEqual(["orthogonal"]);
    // Two texts are few: each is measured against the captions of the anchors, not against the other.
    const [first = 0, second = 0] = scores[0] ?? [];
    expect(first).toBeGreaterThan(2);
    expect(second).toBeLessThan(first);
    expect(first + second).not.toBeCloseTo(0, 1);
  });
});

describe("what was deleted", () => {
  it.each(METHODS)(
    "has no trace in answers by %s: they are those of a collection that never had it",
    async (method) => {
      const label = method.replace("+", "-");
      const [forgot, never] = [`forgot-${label}`, `never-${label}`];
      for (const name of [forgot, never]) await create(name);
      const others = randomAnchors(20, 5, DIMENSIONS).map((anchor, i) => ({ ...anchor, id: `x${i}` }));
      await put(forgot, others);
      await similarity({ method }, forgot);
      await put(forgot, ANCHORS);
      await similarity({ method }, forgot);
      const ids = others.map(({ id }) => id);
      await test.call("POST", `/v1/collections/${forgot}/anchors/delete`, { ids });
      await put(never, ANCHORS);
      const [a, b] = [await similarity({ method }, forgot), await similarity({ method }, never)];
      const [left, right] = [schemas.similarityAnswer.parse(a.body), schemas.similarityAnswer.parse(b.body)];
      expect(left.scores).toEqual(right.scores);
      for (const fit of left.fits) expect(fit).toMatchObject({ sequence: left.sequence, anchors: 50 });
    },
  );
});
