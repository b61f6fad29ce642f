import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { coverageAnswer } from "../../../src/features/coverage/api.ts";
import {
  anchorOf,
  createCollection,
  listen,
  openTestApp,
  pathsOf,
  type Answer,
  type TestApp,
} from "../../http/support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
  await createCollection(test, "one");
  await createCollection(test, "empty");
  await test.call("DELETE", "/v1/collections/empty/anchors/kept");
  await createCollection(test, "c");
  const anchors = Array.from({ length: 60 }, (_, i) => anchorOf(`anchor ${i}`));
  await test.call("PUT", "/v1/collections/c/anchors", { anchors });
});

afterAll(() => test.close());

const text = (...values: number[]) => ({ vector: values });
const CLASSES = [
  { name: "a", prompts: [text(1, 0.1)] },
  { name: "b", prompts: [text(0.1, 1), text(0.2, 1)] },
];

const ask = (collection: string, request: object = {}): Promise<Answer> =>
  test.call("POST", `/v1/collections/${collection}/coverage`, { classes: CLASSES, ...request });
const parsed = async (collection: string, request: object = {}) =>
  coverageAnswer.parse((await ask(collection, request)).body);

describe("coverage over HTTP", () => {
  it("tells of each class in the order of the request, with its nearest captions and what is usual", async () => {
    const { classes, usual, sequence } = await parsed("c", { top: 3, k: 10, p: 2 });
    expect(classes.map(({ name }) => name)).toEqual(["a", "b"]);
    for (const { nearest, anchors, risk, effectiveAnchors } of classes) {
      expect(nearest).toHaveLength(3);
      expect(nearest[0]?.text).toMatch(/^the caption of /);
      expect(effectiveAnchors).toBeLessThanOrEqual(anchors + 1e-9);
      expect(risk).toBeGreaterThan(0);
      expect(risk).toBeLessThan(1);
    }
    expect(usual?.captions).toBe(61);
    expect(sequence).toBe(2);
  });

  it("of an empty collection, or with all anchors filtered away, is none", async () => {
    for (const { classes, overlaps, usual } of [
      await parsed("empty"),
      await parsed("c", { filter: { seed: -1 }, groupBy: "seed" }),
    ]) {
      expect(usual).toBeNull();
      expect(overlaps).toEqual([]);
      for (const each of classes) {
        expect(each).toMatchObject({ risk: 1, anchors: 0, effectiveAnchors: 0, nearest: [] });
        expect(each.imageCoherence).toBeNull();
        expect(each.advice.map(({ reason }) => reason)).toEqual(["no-anchors"]);
      }
    }
  });

  it("of one anchor, and with k larger than there are anchors, is what that holds", async () => {
    const { classes, usual } = await parsed("one", { k: 1000 });
    expect(usual).toBeNull();
    expect(classes[0]).toMatchObject({ anchors: 1, imageCoherence: null, overlap: { with: "b", index: 1 } });
    expect(classes[0]?.effectiveAnchors).toBeCloseTo(1, 12);
    expect(classes[0]?.advice.map(({ reason }) => reason)).toEqual(["few-anchors", "confused-with"]);
    expect((await parsed("c", { k: 1000 })).classes[0]?.anchors).toBeLessThanOrEqual(61);
  });

  it("looks only at the anchors that the filter lets through", async () => {
    const kept = anchorOf("anchor 7");
    const { classes } = await parsed("c", { filter: { seed: kept.metadata.seed } });
    const all = await parsed("c");
    expect(classes[0]?.anchors).toBeLessThan(all.classes[0]?.anchors ?? 0);
  });

  it("takes classes of the same name for two", async () => {
    const [one] = CLASSES;
    const { classes, overlaps } = await parsed("c", { classes: [one, one] });
    expect(classes).toHaveLength(2);
    expect(overlaps[0]).toMatchObject({ first: 0, second: 1, names: ["a", "a"] });
  });

  it("of a single class knows no overlap", async () => {
    const { classes, overlaps } = await parsed("c", { classes: CLASSES.slice(0, 1) });
    expect(classes[0]?.overlap).toBeNull();
    expect(overlaps).toEqual([]);
  });

  it("tells of a thousand classes", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ name: `n${i}`, prompts: [text(1, i / 100)] }));
    const { classes, overlaps } = await parsed("c", { classes: many });
    expect(classes).toHaveLength(1000);
    expect(overlaps).toHaveLength(5);
  });

  it.each([
    [{ classes: [] }, "classes"],
    [{ classes: [{ name: "a", prompts: [{ vector: [1] }] }] }, "classes.0.prompts.0.vector"],
    [{ top: 0 }, "top"],
    [{ groupBy: 1 }, "groupBy"],
    [{ images: [] }, "images"],
    [{ k: 0 }, "k"],
  ])("of %j is refused", async (request, path) => {
    const answer = await ask("c", request);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)[0]).toBe(path);
  });

  it("is there for the client, and not for a collection that is not", async () => {
    const { url } = await listen(test);
    const client = createClient({ url });
    const { classes } = await client.collection("c").coverage({ classes: CLASSES });
    expect(classes).toHaveLength(2);
    await expect(client.collection("no").coverage({ classes: CLASSES })).rejects.toMatchObject({
      status: 404,
    });
  });
});
