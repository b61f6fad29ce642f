import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adaptation, adaptationList } from "../../../src/features/adaptations/api.ts";
import { createRandom, normal } from "../../../src/math/random.ts";
import { openTestApp, type Answer, type TestApp } from "../../http/support.ts";

let test: TestApp;

const DIMENSION = { image: 8, text: 6 };
const CLASSES = 6;

/** Pairs around the centres of six classes; `style` stretches and moves the images. */
const pairs = (seed: number, count: number, style: (value: number, i: number) => number) => {
  const centres = createRandom(7);
  const draw = (d: number) =>
    Array.from({ length: CLASSES }, () => Array.from({ length: d }, () => normal(centres)));
  const [images, texts] = [draw(DIMENSION.image), draw(DIMENSION.text)];
  const random = createRandom(seed);
  const near = (centre: readonly number[] = []) => centre.map((value) => value + 0.3 * normal(random));
  return Array.from({ length: count }, (_, i) => ({
    id: `p${seed}-${i}`,
    text: `class ${i % CLASSES}`,
    imageVector: near(images[i % CLASSES]).map(style),
    textVector: near(texts[i % CLASSES]),
    metadata: { kind: i % CLASSES, series: i % 30 },
  }));
};

const plain = (value: number): number => value;
const otherStyle = (value: number, i: number): number => (i % 2 === 0 ? 3 : 0.4) * value + (i % 3) * 2;

const ANCHORS = pairs(1, 240, plain);
const OTHERS = pairs(2, 240, otherStyle);
const CLASS_PROMPTS = Array.from({ length: CLASSES }, (_, i) => ({
  name: String(i),
  prompts: [{ anchor: `p1-${i}`, modality: "text" }],
}));

const path = (collection: string, rest: string): string => `/v1/collections/${collection}/${rest}`;
const vectors = (rows: readonly { imageVector: readonly number[] }[]) =>
  rows.map(({ imageVector }) => ({ vector: imageVector, modality: "image" }));

const create = async (
  name: string,
  anchors: readonly object[],
  transform: unknown = "auto",
): Promise<void> => {
  const external = (dimension: number) => ({ external: { dimension } });
  const spec = {
    name,
    imageEncoder: external(DIMENSION.image),
    textEncoder: external(DIMENSION.text),
    transform,
  };
  expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
  expect((await test.call("PUT", path(name, "anchors"), { anchors })).status).toBe(200);
};

const adapt = (collection: string, request: object): Promise<Answer> =>
  test.call("POST", path(collection, "adaptations"), request);

const accuracy = async (collection: string, more: object): Promise<number> => {
  const asked = OTHERS.slice(120);
  const request = { images: vectors(asked), classes: CLASS_PROMPTS, top: 1, ...more };
  const { status, body } = await test.call("POST", path(collection, "classify"), request);
  expect(status).toBe(200);
  const { results } = body as { results: { classes: { name: string }[] }[] };
  const right = results.filter(({ classes }, i) => classes[0]?.name === String(asked[i]?.metadata.kind));
  return right.length / results.length;
};

beforeAll(async () => {
  test = await openTestApp();
  await create("c", ANCHORS);
  await create("plain", ANCHORS.slice(0, 60), "center");
});

afterAll(() => test.close());

describe("an adaptation", () => {
  it("makes classifications of images in another style better", async () => {
    const { status, body } = await adapt("c", { id: "drawn", images: vectors(OTHERS.slice(0, 120)) });
    expect(status).toBe(201);
    const made = adaptation.parse(body);
    expect(made).toMatchObject({ images: 120, anchors: 240, covariance: true, from: null, state: "ready" });
    expect(made.shift).toBeGreaterThan(made.usual.largest);
    const [before, after] = [await accuracy("c", {}), await accuracy("c", { adaptation: "drawn" })];
    expect(after).toBeGreaterThan(before + 0.1);
  });

  it("makes searches by images in another style better", async () => {
    const asked = OTHERS.slice(120);
    const shareRight = async (more: object): Promise<number> => {
      const request = { queries: vectors(asked), target: "image", limit: 1, ...more };
      const { body } = await test.call("POST", path("c", "search"), request);
      const { results } = body as { results: { hits: { metadata: { kind: number } }[] }[] };
      return results.filter(({ hits }, i) => hits[0]?.metadata.kind === asked[i]?.metadata.kind).length / 120;
    };
    expect(await shareRight({ adaptation: "drawn" })).toBeGreaterThan(await shareRight({}));
  });

  it("aligns the mean alone for fewer than 50 images", async () => {
    const { body } = await adapt("c", { id: "few", images: vectors(OTHERS.slice(0, 30)) });
    expect(adaptation.parse(body)).toMatchObject({ images: 30, covariance: false, shrinkage: 0 });
  });

  it("says that images like the anchors gain nothing", async () => {
    const { body } = await adapt("c", { id: "same", images: vectors(ANCHORS) });
    expect(adaptation.parse(body).notes[0]).toContain("nothing is to be gained");
  });

  it("writes nothing into the collection", async () => {
    const sequence = async () =>
      ((await test.call("GET", "/v1/collections/c")).body as { sequence: number }).sequence;
    const before = await sequence();
    await adapt("c", { id: "unwritten", images: vectors(OTHERS) });
    expect(await sequence()).toBe(before);
  });

  it("is listed, read and deleted by its id", async () => {
    await adapt("c", { id: "gone", images: vectors(OTHERS) });
    const { body } = await test.call("GET", path("c", "adaptations"));
    expect(adaptationList.parse(body).adaptations.map(({ id }) => id)).toContain("gone");
    expect((await test.call("GET", path("c", "adaptations/gone"))).status).toBe(200);
    expect((await test.call("DELETE", path("c", "adaptations/gone"))).status).toBe(204);
    expect((await test.call("GET", path("c", "adaptations/gone"))).status).toBe(404);
    expect((await test.call("DELETE", path("c", "adaptations/gone"))).status).toBe(404);
  });

  it("marks calibrated probabilities as extrapolated", async () => {
    const { body } = await test.call("POST", path("c", "calibrate"), { by: "series", classes: 3 });
    const { id } = body as { id: string };
    expect((await test.service.jobs.settled(id)).error).toBeNull();
    const request = {
      images: vectors(OTHERS.slice(0, 1)),
      classes: CLASS_PROMPTS.slice(0, 2),
      probabilities: true,
    };
    const answer = await test.call("POST", path("c", "classify"), { ...request, adaptation: "drawn" });
    expect(answer.body).toMatchObject({ calibration: { extrapolated: true } });
  });

  it.each([
    ["a taken id", "c", { id: "drawn", images: vectors(OTHERS) }, 409],
    ["fewer than 20 images", "c", { id: "x", images: vectors(OTHERS.slice(0, 19)) }, 422],
    ["a collection that does not whiten", "plain", { id: "x", images: vectors(OTHERS) }, 422],
    [
      "both images and a collection",
      "c",
      { id: "x", images: vectors(OTHERS), from: { collection: "c" } },
      400,
    ],
    ["neither images nor a collection", "c", { id: "x" }, 400],
    ["a collection that is not there", "c", { id: "x", from: { collection: "none" } }, 404],
    ["a vector of another dimension", "c", { id: "x", images: [{ vector: [1], modality: "image" }] }, 400],
  ])("is refused for %s", async (_, collection, request, status) => {
    expect((await adapt(collection, request)).status).toBe(status);
  });

  it.each([
    ["an unknown id", { images: vectors(OTHERS.slice(0, 1)), adaptation: "none" }, 404],
    ["a stored anchor", { images: [{ anchor: "p1-0" }], adaptation: "drawn" }, 400],
    [
      "another transform",
      { images: vectors(OTHERS.slice(0, 1)), adaptation: "drawn", transform: "center" },
      422,
    ],
  ])("is refused in a query with %s", async (_, request, status) => {
    const answer = await test.call("POST", path("c", "classify"), { classes: CLASS_PROMPTS, ...request });
    expect(answer.status).toBe(status);
  });

  it("is refused in a search by text", async () => {
    const query = { vector: [1, 0, 0, 0, 0, 0], modality: "text" };
    const request = { query, target: "image", adaptation: "drawn" };
    expect((await test.call("POST", path("c", "search"), request)).status).toBe(400);
  });
});

describe("an adaptation from a collection", () => {
  const erase = async (collection: string, id: string): Promise<void> => {
    expect((await test.call("DELETE", path(collection, `anchors/${id}`))).status).toBe(200);
    expect((await test.call("POST", path(collection, "compact"))).status).toBe(200);
  };
  const stateOf = async (collection: string, id: string) =>
    adaptation.parse((await test.call("GET", path(collection, `adaptations/${id}`))).body);

  it("is erased when its anchors or images are, and fitted again by the next query", async () => {
    await create("own", ANCHORS);
    await create("inbox", OTHERS.slice(0, 120));
    expect((await adapt("own", { id: "drawn", from: { collection: "inbox" } })).status).toBe(201);
    await adapt("own", { id: "inline", images: vectors(OTHERS) });
    await erase("inbox", "p2-0");
    expect((await stateOf("own", "drawn")).state).toBe("stale");
    expect((await stateOf("own", "inline")).state).toBe("ready");
    expect(await accuracy("own", { adaptation: "drawn" })).toBeGreaterThan(0.5);
    expect(await stateOf("own", "drawn")).toMatchObject({ state: "ready", images: 119 });

    await erase("own", "p1-7");
    expect((await stateOf("own", "drawn")).state).toBe("stale");
    const request = { images: vectors(OTHERS.slice(0, 1)), classes: CLASS_PROMPTS };
    const inline = await test.call("POST", path("own", "classify"), { ...request, adaptation: "inline" });
    expect(inline.status).toBe(409);
    const again = await test.call("POST", path("own", "classify"), { ...request, adaptation: "drawn" });
    expect(again.status).toBe(200);
  });

  it("stays when that collection is deleted, and says so", async () => {
    await create("brief", OTHERS.slice(0, 60));
    await adapt("c", { id: "brief", from: { collection: "brief" } });
    expect((await test.call("DELETE", "/v1/collections/brief")).status).toBe(204);
    expect(await stateOf("c", "brief")).toMatchObject({ state: "ready", fromDeleted: true });
    expect(await accuracy("c", { adaptation: "brief" })).toBeGreaterThan(0.5);
  });

  it("is refused where that collection has another image encoder", async () => {
    const external = (dimension: number) => ({ external: { dimension } });
    const spec = { name: "wide", imageEncoder: external(9), textEncoder: external(2) };
    await test.call("POST", "/v1/collections", spec);
    expect((await adapt("c", { id: "x", from: { collection: "wide" } })).status).toBe(422);
  });
});
