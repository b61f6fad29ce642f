import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { collection, type CollectionSpecBody } from "../../src/api/collections.ts";
import { collectionName } from "../../src/api/values.ts";
import { loadTransforms } from "../../src/store/index.ts";
import { conceptAnchors } from "../support/concept-anchors.ts";
import { openTestApp, problemIn, type TestApp } from "./support.ts";

const base = "/v1/collections/c";
const POWERS = {
  image: { kind: "whiten", power: 0.9 },
  text: { kind: "whiten", power: 0.6, rank: 4 },
  rank: 6,
} as const;

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(async () => {
  await test.call("DELETE", base);
});

afterAll(() => test.close());

const create = (spec: Omit<CollectionSpecBody, "name"> = {}) =>
  test.call("POST", "/v1/collections", {
    name: "c",
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
    ...spec,
  });

const anchorsOf = (concepts: number) =>
  conceptAnchors(concepts, 2, { shift: 3 }).map(({ id, caption, metadata, imageVector, textVector }) => ({
    id,
    ...(caption === null ? {} : { text: caption }),
    metadata,
    imageVector: [...imageVector],
    textVector: [...textVector],
  }));

const fill = (concepts: number) => test.call("PUT", `${base}/anchors`, { anchors: anchorsOf(concepts) });

const present = async () => collection.parse((await test.call("GET", base)).body);

const settled = async () => {
  for (const { id, kind } of await test.service.jobs.list())
    if (kind === "transform") await test.service.jobs.settled(id);
};

const move = async (transform: unknown) => {
  const answer = await test.call("PATCH", base, { transform });
  await settled();
  return answer;
};

const ask = (body: object = {}) =>
  test.call("POST", `${base}/classify`, {
    images: [{ anchor: "c0-0" }],
    classes: [
      { name: "a", prompts: [{ anchor: "c0-1" }] },
      { name: "b", prompts: [{ anchor: "c1-0" }] },
    ],
    ...body,
  });

describe("a new collection", () => {
  it("has automatic k and p, and no transform where its vectors come from outside", async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(collection.parse(body)).toMatchObject({
      asif: { k: 100, p: 16 },
      transform: "none",
      auto: { asif: { k: "auto", p: "auto" }, anchors: { from: 0, to: 0 } },
    });
  });

  it("keeps a power and a rank for each side, and tells them as they were given", async () => {
    await create({ transform: POWERS });
    await fill(24);
    await ask();
    const { transform, indexes } = await present();
    expect(transform).toEqual(POWERS);
    expect(indexes.image.transform).toEqual({ kind: "whiten", power: 0.9, rank: 6 });
    expect(indexes.text.transform).toEqual({ kind: "whiten", power: 0.6, rank: 4 });
  });
});

describe("automatic k and p", () => {
  it("follow the transform and the number of anchors, and answers tell them", async () => {
    await create({ transform: "auto" });
    await fill(8);
    expect(await present()).toMatchObject({
      asif: { k: 400, p: 3 },
      auto: { anchors: { from: 16, to: 31 }, rule: expect.stringContaining("fewer than 20") as string },
      indexes: { image: { transform: "center" }, text: { transform: "center" } },
    });
    expect((await ask()).body).toMatchObject({ asif: { k: 400, p: 3 } });
    await fill(24);
    expect((await ask()).body).toMatchObject({ asif: { k: 400, p: 1.5 } });
    expect((await ask({ transform: "none", k: 7 })).body).toMatchObject({ asif: { k: 7, p: 16 } });
    expect(await present()).toMatchObject({
      asif: { k: 400, p: 1.5 },
      indexes: { image: { transform: { kind: "whiten", power: 0.7 } } },
    });
  });

  it("are those of the number of anchors that a counterfactual leaves", async () => {
    await create({ transform: "center" });
    await test.call("PUT", `${base}/anchors`, { anchors: anchorsOf(256) });
    const ids = anchorsOf(256)
      .slice(40)
      .map(({ id }) => id);
    const question = {
      images: [{ anchor: "c0-0" }],
      classes: [
        { name: "a", prompts: [{ anchor: "c0-1" }] },
        { name: "b", prompts: [{ anchor: "c1-0" }] },
      ],
    };
    const removed = await test.call("POST", `${base}/counterfactual`, { ...question, without: { ids } });
    expect(removed.body).toMatchObject({
      asif: { before: { k: 400, p: 4 }, after: { k: 400, p: 3 } },
    });
    const before = await test.call("POST", `${base}/counterfactual`, {
      ...question,
      p: 3,
      without: { ids },
    });
    const afterOf = ({ body }: { readonly body: unknown }): unknown =>
      (body as { readonly results: readonly { readonly after: unknown }[] }).results[0]?.after;
    expect(afterOf(removed)).toEqual(afterOf(before));
  });
});

describe("a transform out of bounds", () => {
  const whiten = (power: number, rank?: number) => ({
    image: { kind: "whiten", power, ...(rank === undefined ? {} : { rank }) },
    text: { kind: "none" },
  });

  it.each([
    [whiten(1.1), "transform.image.power", "must be from 0 to 1; it is 1.1"],
    [whiten(-0.1), "transform.image.power", "must be from 0 to 1; it is -0.1"],
    [whiten(0.5, 13), "transform.image.rank", "must be at most 12, the dimension of image vectors"],
    [
      { image: { kind: "none" }, text: { kind: "whiten", power: 1 }, rank: 10 },
      "transform.rank",
      "must be at most 9, the dimension of text vectors",
    ],
  ])("answers 422 with the bound for %j", async (transform, path, message) => {
    const made = await test.call("POST", "/v1/collections", {
      name: "c",
      imageEncoder: { external: { dimension: 12 } },
      textEncoder: { external: { dimension: 9 } },
      transform,
    });
    expect(made.status).toBe(422);
    expect(problemIn(made).errors).toMatchObject([{ path, message }]);
    await create();
    const changed = await test.call("PATCH", base, { transform });
    expect(changed.status).toBe(422);
    expect(problemIn(changed).errors).toMatchObject([{ path, message }]);
    expect(await present()).toMatchObject({ transform: "none", sequence: 0 });
  });

  it("answers 422 for a rank above the number of anchors", async () => {
    await create();
    await fill(4);
    const answer = await test.call("PATCH", base, { transform: whiten(0.5, 9) });
    expect(answer.status).toBe(422);
    expect(problemIn(answer).errors).toMatchObject([
      { path: "transform.image.rank", message: "must be at most 8, the number of anchors" },
    ]);
  });

  it.each([
    ["blanch", "transform"],
    [{ image: { kind: "whiten" }, text: { kind: "none" } }, "transform.image"],
    [{ image: { kind: "whiten", power: 1, ranks: 3 }, text: { kind: "none" } }, "transform.image"],
    [{ image: { kind: "none" } }, "transform"],
  ])("answers 400 for what is no transform: %j", async (transform, path) => {
    await create();
    const answer = await test.call("PATCH", base, { transform });
    expect(answer.status).toBe(400);
    expect(problemIn(answer).errors?.every((fault) => fault.path.startsWith(path))).toBe(true);
  });

  it("answers 400 for a query that names powers, which would be fitted for it alone", async () => {
    await create();
    await fill(4);
    expect((await ask({ transform: POWERS })).status).toBe(400);
  });
});

describe("a move to another transform", () => {
  it("is a job, at a sequence of its own, and queries go by it from then on", async () => {
    await create({ asif: { k: 10, p: 2 } });
    await fill(24);
    const { status } = await move("auto");
    expect(status).toBe(200);
    expect(await present()).toMatchObject({ transform: "auto", asif: { k: 10, p: 2 }, sequence: 2 });
    const jobs = await test.service.jobs.list();
    expect(jobs).toContainEqual(expect.objectContaining({ kind: "transform", subject: "c", state: "done" }));
    expect((await present()).move).toBeUndefined();
  });

  it("leaves no fit of the former powers behind", async () => {
    await create({ transform: POWERS });
    await fill(24);
    await ask();
    const kinds = async () => {
      const { record } = await test.service.collections.find(collectionName.parse("c"));
      return (await loadTransforms(test.service.store, record)).map(({ kind }) => kind).sort();
    };
    expect(await kinds()).toEqual(["whiten:0.6:4", "whiten:0.9:6"]);
    await move("auto");
    expect(await kinds()).toEqual(["whiten:0.5:auto", "whiten:0.7:auto"]);
  });

  it("needs no job where there are no anchors", async () => {
    await create();
    const before = (await test.service.jobs.list()).length;
    expect((await move(POWERS)).body).toMatchObject({ transform: POWERS, sequence: 1 });
    expect(await test.service.jobs.list()).toHaveLength(before);
  });

  it("fits nothing where all vectors are equal, and answers", async () => {
    await create({ transform: "auto" });
    const anchors = Array.from({ length: 30 }, (_, i) => ({
      id: `a${i}`,
      imageVector: Array.from({ length: 12 }, () => 1),
      textVector: Array.from({ length: 9 }, (_, j) => j),
    }));
    await test.call("PUT", `${base}/anchors`, { anchors });
    const { status, body } = await test.call("POST", `${base}/classify`, {
      images: [{ anchor: "a0" }],
      classes: [{ name: "a", prompts: [{ anchor: "a1" }] }],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ results: [{ classes: [{ name: "a" }] }] });
    expect(await present()).toMatchObject({
      indexes: { image: { transform: { kind: "whiten", power: 0.7, rank: 0 } } },
    });
  });
});

describe("what a move to auto would bring", () => {
  const measured = async () => {
    for (;;) {
      const { autoOffer } = await present();
      if (autoOffer?.state !== "measuring") return autoOffer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it("is measured on held-out anchors when the collection is first looked at", async () => {
    await create({ transform: "whiten", asif: { k: 800, p: 8 } });
    await fill(60);
    expect((await present()).autoOffer).toEqual({ state: "measuring" });
    const offer = await measured();
    expect(offer).toMatchObject({ state: "measured", measured: { sequence: 1, anchors: 120, classes: 12 } });
    const { top1 } = offer?.measured ?? expect.unreachable();
    expect(top1.difference.mean).toBeCloseTo(top1.auto - top1.now, 12);
    expect(top1.difference.low).toBeLessThanOrEqual(top1.difference.mean);
    expect(top1.difference.high).toBeGreaterThanOrEqual(top1.difference.mean);
  });

  it("is unknown, with the reason, where there are too few captions to hold out", async () => {
    await create();
    await fill(6);
    expect(await measured()).toEqual({
      state: "unknown",
      reason: expect.stringContaining("at least 20") as string,
    });
  });

  it("is not told of a collection that has moved", async () => {
    await create({ transform: "auto" });
    await fill(24);
    expect((await present()).autoOffer).toBeUndefined();
  });
});
