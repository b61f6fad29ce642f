import { findCollection, loadTransforms } from "../../src/store/index.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { METHODS } from "../../src/api/methods.ts";
import * as schemas from "../../src/api/queries.ts";
import { randomAnchors } from "../support/anchor-space.ts";
import { openTestApp, type TestApp } from "./support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

afterAll(() => test.close());

/** More than are fitted anew with every write. */
const ANCHORS = randomAnchors(330, 71).map(({ id, image, text }, i) => ({
  id,
  text: `caption of ${id}`,
  imageVector: image,
  textVector: text,
  metadata: { owner: ["ann", "bob", "cy"][i % 3] },
}));
const OTHERS = ANCHORS.filter(({ metadata }) => metadata.owner !== "ann");
const QUERIES = randomAnchors(8, 72);
const QUESTION = {
  images: QUERIES.map(({ image }) => ({ vector: image })),
  classes: QUERIES.slice(0, 5).map(({ text }, i) => ({
    name: `class ${i}`,
    prompts: [{ vector: text }, { vector: QUERIES[i + 2]?.text ?? [] }],
  })),
  top: 5,
};

const create = async (name: string, transform: string, anchors: readonly object[]): Promise<void> => {
  await test.call("POST", "/v1/collections", {
    name,
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 10 } },
    asif: { k: 40, p: 4 },
    transform,
  });
  expect((await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors })).status).toBe(200);
};

/** Everything that a collection answers to the question, but for when. */
const answers = async (name: string, method: string): Promise<unknown> => {
  const asked = [];
  for (const ensemble of ["max", "mean"]) {
    const explain = method === "asif" ? { explain: 20 } : {};
    const { body } = await test.call("POST", `/v1/collections/${name}/classify`, {
      ...QUESTION,
      ...explain,
      ensemble,
      method,
    });
    asked.push(schemas.classifyAnswer.parse(body).results);
  }
  return asked;
};

interface Shown {
  readonly indexes: Record<"image" | "text", { transformSequence: number; transformVersion: number }>;
}

describe.each(["none", "center", "whiten"])(
  "an owner who is deleted, with the transform %s,",
  (transform) => {
    const name = `held-${transform}`;
    let sequence = 0;
    let receipt = "";

    beforeAll(async () => {
      await create(name, transform, ANCHORS);
      await create(`never-${transform}`, transform, OTHERS);
      // What is fitted before is of everybody.
      for (const method of METHODS) await answers(name, method);
      const deleted = await test.call("POST", `/v1/collections/${name}/anchors/delete`, {
        filter: { owner: "ann" },
      });
      ({
        sequence,
        receipt: { id: receipt },
      } = deleted.body as { sequence: number; receipt: { id: string } });
      expect((await test.call("POST", `/v1/collections/${name}/compact`)).status).toBe(200);
    });

    it.each(METHODS)(
      "has left no trace in answers by %s: they are those of one who never was there",
      async (method) => {
        expect(await answers(name, method)).toEqual(await answers(`never-${transform}`, method));
      },
    );

    it("has left no trace in what was fitted, as its sequence says, and the receipt says erased", async () => {
      const { indexes } = (await test.call("GET", `/v1/collections/${name}`)).body as Shown;
      for (const { transformSequence } of [indexes.image, indexes.text])
        expect(transformSequence).toBeGreaterThanOrEqual(sequence);
      const { body } = await test.call("GET", `/v1/collections/${name}/receipts/${receipt}`);
      expect(body).toMatchObject({ state: "erased", count: ANCHORS.length - OTHERS.length });
      const transforms = await findCollection(test.service.store, name as never);
      const stored = transforms === null ? [] : await loadTransforms(test.service.store, transforms);
      expect(stored.length).toBeGreaterThan(0);
      for (const fit of stored) expect(fit.sequence).toBeGreaterThanOrEqual(sequence);
    });
  },
);
