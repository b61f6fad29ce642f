import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluation } from "../../../src/features/evaluation/api.ts";
import { openTestApp, type Answer, type TestApp } from "../../http/support.ts";
import { vectorsOfClasses } from "./vectors.ts";

const DIMENSION = 12;
const CLASSES = 24;
const OF_EACH = 6;

let test: TestApp;

/** Anchors whose images and texts lie around one direction for each class, so that classes can be told apart. */
const ANCHORS = vectorsOfClasses(CLASSES, OF_EACH, DIMENSION).map(({ label, image, text }, i) => ({
  id: `a${i}`,
  text: `caption ${label} ${i % 2}`,
  imageVector: image,
  textVector: text,
  metadata: { kind: `kind ${label}`, group: label < 2 ? `group ${label}` : null },
}));

const create = async (name: string): Promise<void> => {
  const external = { external: { dimension: DIMENSION } };
  const spec = { name, imageEncoder: external, textEncoder: external, transform: "none" };
  expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
  const { status } = await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors: ANCHORS });
  expect(status).toBe(200);
};

const start = (name: string, request: object): Promise<Answer> =>
  test.call("POST", `/v1/collections/${name}/evaluate`, request);

const evaluate = async (name: string, request: object) => {
  const { status, body } = await start(name, request);
  expect(status).toBe(202);
  expect((await test.service.jobs.settled((body as { id: string }).id)).error).toBeNull();
  return evaluation.parse((await test.call("GET", `/v1/collections/${name}/evaluate`)).body);
};

beforeAll(async () => {
  test = await openTestApp();
  await create("c");
});

afterAll(() => test.close());

describe("an evaluation", () => {
  it("answers 404 before the first one", async () => {
    const { status, body } = await test.call("GET", "/v1/collections/c/evaluate");
    expect(status).toBe(404);
    expect((body as { detail: string }).detail).toContain("has not been evaluated");
  });

  it("measures accuracy over ever more anchors, with held-out classes", async () => {
    const found = await evaluate("c", { by: "kind" });
    expect(found).toMatchObject({ hold: "classes", by: "kind", folds: 5, candidates: 4, current: true });
    expect(found.chance.top1).toBeCloseTo(1 / 4);
    expect(found.questions).toBe(5 * 4 * OF_EACH);
    expect(found.points.map(({ anchors }) => anchors)).toEqual([50, CLASSES * OF_EACH - 4 * OF_EACH]);
    for (const { top1, top5 } of found.points) {
      expect(top1.low).toBeLessThanOrEqual(top1.mean);
      expect(top1.high).toBeGreaterThanOrEqual(top1.mean);
      expect(top5.mean).toBeGreaterThanOrEqual(top1.mean);
    }
  });

  it("tells classes apart that its anchors show, and counts which are taken for which", async () => {
    const found = await evaluate("c", { by: "kind", hold: "images" });
    expect(found).toMatchObject({ hold: "images", candidates: CLASSES, questions: ANCHORS.length });
    expect(found.points.at(-1)?.top1.mean).toBeGreaterThan(0.9);
    expect(found.classes).toHaveLength(CLASSES);
    const wrong = found.confusions.reduce((sum, { count }) => sum + count, 0);
    const right = found.classes.reduce((sum, each) => sum + each.right, 0);
    expect(right + wrong).toBe(found.questions);
    expect(
      found.classes.every(({ anchors, questions }) => anchors === OF_EACH && questions === OF_EACH),
    ).toBe(true);
  });

  it("gives the same figures for the same seed", async () => {
    const [first, second] = [await evaluate("c", { seed: 3 }), await evaluate("c", { seed: 3 })];
    expect(second.points).toEqual(first.points);
    expect(second.confusions).toEqual(first.confusions);
  });

  it("leaves metadata without a scalar value out, and refuses what cannot be held out", async () => {
    const two = await evaluate("c", { by: "group", hold: "images" });
    expect(two.classes.map(({ name }) => name).sort()).toEqual(["group 0", "group 1"]);
    for (const [request, path] of [
      [{ by: "group" }, "by"],
      [{ by: "nothing", hold: "images" }, "by"],
      [{ hold: "images" }, "by"],
      [{ method: "plug:none" }, "method"],
    ] as const) {
      const { status, body } = await start("c", request);
      expect([400, 422]).toContain(status);
      expect(body).toMatchObject({ errors: [{ path }] });
    }
  });

  it("names no class whose anchors were deleted, and is forgotten when they are erased", async () => {
    await create("d");
    await evaluate("d", { by: "kind", hold: "images" });
    const gone = { filter: { kind: "kind 3" } };
    expect((await test.call("POST", "/v1/collections/d/anchors/delete", gone)).status).toBe(200);
    const after = await test.call("GET", "/v1/collections/d/evaluate");
    expect(after.body).toMatchObject({ current: false });
    expect(JSON.stringify(after.body)).not.toContain("kind 3");
    expect((await test.call("POST", "/v1/collections/d/compact")).status).toBeLessThan(300);
    await expect.poll(async () => (await test.call("GET", "/v1/collections/d/evaluate")).status).toBe(404);
  });
});
