import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createClient, type CollectionClient } from "../../../src/features/client.ts";
import { BASE, openTestApp, pathsOf, type TestApp } from "../../http/support.ts";
import { freshDatabase, runSql, type TestDatabase } from "../../support/postgres.ts";
import { normals, seededRandom } from "../../support/random.ts";

const [IMAGE, TEXT] = [8, 6];
const COLOURS = ["red", "blue", "green"];
const PAIRS = 90;

/** Pairs of three groups, each around a direction of its own; `odd` has the picture of one and the caption of another. */
const pairOf = (at: number, { odd = false } = {}) => {
  const random = seededRandom(at + 1);
  const around = (direction: number, dimension: number): number[] => {
    const vector = [...normals(dimension, random)].map((value) => 0.15 * value);
    vector[direction] = (vector[direction] ?? 0) + 1;
    return vector;
  };
  const group = at % 3;
  return {
    id: `pair-${String(at).padStart(3, "0")}`,
    text: `${COLOURS[group]} ${at}`,
    imageVector: around(group, IMAGE),
    textVector: around(odd ? (group + 1) % 3 : group, TEXT),
    metadata: {
      ...{ colour: COLOURS[group], tags: [`t${at % 2}`, "all"], weight: at / 2 },
      ...(at === 0 ? {} : { owner: at < 30 ? "ann" : "bob" }),
    },
  };
};

const clientOf = ({ app }: TestApp): ReturnType<typeof createClient> =>
  createClient({ url: BASE, fetch: async (url, init) => app.request(url, init) });

const create = async (test: TestApp, name: string, pairs: readonly object[]): Promise<CollectionClient> => {
  await clientOf(test).createCollection({
    ...{ name, asif: { k: 20, p: 2 } },
    imageEncoder: { external: { dimension: IMAGE } },
    textEncoder: { external: { dimension: TEXT } },
  });
  if (pairs.length > 0)
    expect((await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors: pairs })).status).toBe(200);
  return clientOf(test).collection(name);
};

const pairs = (count: number) => Array.from({ length: count }, (_, at) => pairOf(at, { odd: at === 44 }));

const compute = async (
  test: TestApp,
  collection: CollectionClient,
  request?: Parameters<CollectionClient["computeProjection"]>[0],
): Promise<void> => {
  const { id } = await collection.computeProjection(request);
  expect(await test.service.jobs.settled(id)).toMatchObject({ state: "done", done: 100, total: 100 });
};

type File = Awaited<ReturnType<CollectionClient["getProjection"]>>;

const placeOf = ({ ids, places }: File, id: string): readonly [number, number] => {
  const row = ids.indexOf(id);
  return [places[2 * row] ?? NaN, places[2 * row + 1] ?? NaN];
};

const distance = (a: readonly [number, number], b: readonly [number, number]): number =>
  Math.hypot(a[0] - b[0], a[1] - b[1]);

/** The share of anchors whose nearest anchor on the map is of the same colour. */
const purity = (file: File): number => {
  const same = file.ids.filter((id) => {
    const here = placeOf(file, id);
    const [nearest] = file.ids
      .filter((other) => other !== id)
      .sort((a, b) => distance(here, placeOf(file, a)) - distance(here, placeOf(file, b)));
    return Number(nearest?.slice(5)) % 3 === Number(id.slice(5)) % 3;
  });
  return same.length / file.ids.length;
};

let test: TestApp;
let collection: CollectionClient;

beforeAll(async () => {
  test = await openTestApp();
  collection = await create(test, "colours", pairs(PAIRS));
  await compute(test, collection, { seed: 5 });
});
afterAll(() => test.close());

describe("a map", () => {
  it("has every anchor in id order, by the method and the side that are asked for", async () => {
    const file = await collection.getProjection();
    expect(file).toMatchObject({
      ...{ method: "umap", side: "image", sequence: 1, computedAt: 1, seed: 5, fitted: PAIRS, later: 0 },
      layers: ["agreement", "pca/image", "pca/text", "umap/image", "umap/text"],
    });
    expect(file.ids).toEqual(pairs(PAIRS).map(({ id }) => id));
    for (const method of ["pca", "umap"] as const)
      for (const side of ["image", "text"] as const) {
        const other = await collection.getProjection({ method, side });
        expect(other).toMatchObject({ method, side });
        expect(purity(other)).toBeGreaterThan(0.9);
      }
  });

  it("is the same for the same seed, and another for another", async () => {
    const again = await create(test, "again", pairs(PAIRS));
    await compute(test, again, { seed: 5, sides: ["image"] });
    const first = await collection.getProjection();
    expect((await again.getProjection()).places).toEqual(first.places);
    await compute(test, again, { seed: 6, sides: ["image"] });
    expect((await again.getProjection()).places).not.toEqual(first.places);
  });

  it("is answered by PCA alone where that was asked for", async () => {
    const planar = await create(test, "planar", pairs(12));
    await compute(test, planar, { methods: ["pca"], sides: ["text"] });
    expect(await planar.getProjection({ side: "text" })).toMatchObject({
      method: "pca",
      layers: ["pca/text"],
    });
    await expect(planar.getProjection({ side: "text", method: "umap" })).rejects.toMatchObject({
      problem: { status: 404 },
    });
    await expect(planar.getProjection()).rejects.toThrow('The map by images of "planar" was not computed');
  });

  it("is not sent again where the caller has it", async () => {
    const path = "/v1/collections/colours/projection?method=pca";
    const { status, headers } = await test.call("GET", path);
    const etag = headers.get("etag") ?? "";
    expect([status, headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
    expect((await test.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(304);
    const other = await test.call("GET", "/v1/collections/colours/projection", undefined, {
      "if-none-match": etag,
    });
    expect(other.status).toBe(200);
  });

  it("of one, two or three anchors has a place for each", async () => {
    for (const count of [1, 2, 3]) {
      const few = await create(test, `few-${count}`, pairs(count));
      await compute(test, few);
      const { places } = await few.getProjection();
      expect(places).toHaveLength(2 * count);
      expect(places.every(Number.isFinite)).toBe(true);
    }
  });

  it("is computed once at a time, not of nothing, and not of what is not there", async () => {
    const busy = await create(test, "busy", pairs(40));
    const { id } = await busy.computeProjection();
    await expect(busy.computeProjection()).rejects.toMatchObject({ problem: { status: 409 } });
    expect(await clientOf(test).cancelJob(id)).toMatchObject({ state: "cancelled" });
    const empty = await create(test, "empty", []);
    await expect(empty.computeProjection()).rejects.toMatchObject({ problem: { status: 422 } });
    const missing = await test.call("POST", "/v1/collections/missing/projection", {});
    expect(missing.status).toBe(404);
  });

  it.each([
    ["POST", "", { method: "pca" }, ["method"]],
    ["POST", "", { methods: [] }, ["methods"]],
    ["POST", "", { seed: -1 }, ["seed"]],
    ["GET", "?side=audio", undefined, ["side"]],
    ["GET", "?methods=pca", undefined, ["methods"]],
    ["GET", "/values", undefined, ["key"]],
    ["GET", "/values?of=agreement&key=owner", undefined, ["key"]],
    ["POST", "/place", { query: { text: "a" }, neighbours: 0 }, ["neighbours"]],
  ])("says what is wrong with %s %s %o", async (method, path, body, paths) => {
    const answer = await test.call(method, `/v1/collections/colours/projection${path}`, body);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)).toEqual(paths);
  });
});

describe("the values of anchors", () => {
  it("are those of a metadata key, the most frequent first", async () => {
    const { codes, counts, values, numbers, sequence } = await collection.getProjectionValues({
      key: "owner",
    });
    expect({ values, counts: [...(counts ?? [])], numbers, sequence }).toEqual({
      ...{ values: ["bob", "ann"], counts: [60, 29], numbers: null, sequence: 1 },
    });
    expect([...(codes?.subarray(0, 3) ?? []), codes?.at(-1)]).toEqual([0xffffffff, 1, 1, 0]);
  });

  it("are numbers where all of them are, and the first of a list", async () => {
    const weights = await collection.getProjectionValues({ key: "weight" });
    expect([...(weights.numbers?.subarray(0, 3) ?? [])]).toEqual([0, 0.5, 1]);
    const tags = await collection.getProjectionValues({ key: "tags" });
    expect(tags.values).toEqual(["t0", "t1"]);
    expect((await collection.getProjectionValues({ key: "nothing" })).values).toEqual([]);
  });

  it("are lowest in agreement where a caption is of another group than the picture", async () => {
    const { numbers } = await collection.getProjectionValues({ of: "agreement" });
    const agreement = [...(numbers ?? [])];
    expect(agreement).toHaveLength(PAIRS);
    expect(agreement.indexOf(Math.min(...agreement))).toBe(44);
  });
});

describe("the place of a query", () => {
  it("is among the anchors that are nearest to it, in either modality", async () => {
    const file = await collection.getProjection();
    const picture = await collection.placeOnProjection({
      query: { vector: pairOf(301).imageVector, modality: "image" },
    });
    expect(picture).toMatchObject({ method: "umap", side: "image", sequence: 1 });
    expect(picture.neighbours).toHaveLength(10);
    for (const { id, x, y } of picture.neighbours) {
      expect(Number(id.slice(5)) % 3).toBe(1);
      expect([x, y]).toEqual(placeOf(file, id));
    }
    const caption = await collection.placeOnProjection({
      query: { vector: pairOf(301).textVector, modality: "text" },
      neighbours: 3,
    });
    expect(caption.neighbours.map(({ id }) => Number(id.slice(5)) % 3)).toEqual([1, 1, 1]);
    const [x, y] = [caption.x ?? NaN, caption.y ?? NaN];
    const nearest = Math.min(...file.ids.map((id) => distance([x, y], placeOf(file, id))));
    expect(nearest).toBeLessThan(2);
  });

  it("is that of an anchor which is asked for itself", async () => {
    const { x, y } = await collection.placeOnProjection({ query: { anchor: "pair-007", modality: "image" } });
    const [atX, atY] = placeOf(await collection.getProjection(), "pair-007");
    expect([x, y]).toEqual([atX, atY]);
  });
});

describe("a map of anchors that change", () => {
  const idsIn = async (database: TestDatabase): Promise<string> => {
    const rows = await runSql<{ text: string }>(
      "SELECT string_agg(convert_from(ids, 'UTF8'), '') AS text FROM projections",
      database.url,
    );
    return rows[0]?.text ?? "";
  };

  const open = async () => {
    const database = await freshDatabase();
    const changing = await openTestApp({ database });
    onTestFinished(() => changing.close());
    const colours = await create(changing, "colours", pairs(60));
    await compute(changing, colours);
    return { database, changing, colours };
  };

  it("does not have a deleted anchor from then on, whose bytes go at the compaction", async () => {
    const { database, colours } = await open();
    const before = await colours.getProjection();
    await colours.deleteAnchors({ ids: ["pair-004", "pair-010"] });
    const after = await colours.getProjection();
    expect(after.ids).toEqual(before.ids.filter((id) => id !== "pair-004" && id !== "pair-010"));
    expect(placeOf(after, "pair-005")).toEqual(placeOf(before, "pair-005"));
    expect(await idsIn(database)).toContain('"pair-004"\n');
    await colours.compact();
    expect(await idsIn(database)).not.toMatch(/pair-004|pair-010/);
    expect((await colours.getProjection()).places).toEqual(after.places);
  });

  it("places what comes later among its neighbours, and moves nothing else", async () => {
    const { changing, colours } = await open();
    const before = await colours.getProjection();
    const later = { ...pairOf(97), id: "later" };
    await changing.call("PUT", "/v1/collections/colours/anchors", { anchors: [later] });
    const after = await colours.getProjection();
    expect(after).toMatchObject({ later: 1, sequence: 2, computedAt: 1 });
    for (const id of before.ids) expect(placeOf(after, id)).toEqual(placeOf(before, id));
    const [nearest = ""] = before.ids.toSorted(
      (a, b) =>
        distance(placeOf(after, "later"), placeOf(after, a)) -
        distance(placeOf(after, "later"), placeOf(after, b)),
    );
    expect(Number(nearest.slice(5)) % 3).toBe(1);
    expect((await colours.getProjectionValues({ of: "agreement" })).numbers?.[0]).toBeNaN();
  });

  it("keeps the place of an anchor whose metadata change, and forgets that of one with other vectors", async () => {
    const { database, changing, colours } = await open();
    const before = await colours.getProjection();
    await colours.changeAnchor("pair-003", { metadata: { owner: "eve" } });
    const moved = { ...pairOf(4), id: "pair-006" };
    await changing.call("PUT", "/v1/collections/colours/anchors", { anchors: [moved] });
    const after = await colours.getProjection();
    expect(after.later).toBe(1);
    expect(placeOf(after, "pair-003")).toEqual(placeOf(before, "pair-003"));
    expect(distance(placeOf(after, "pair-006"), placeOf(before, "pair-004"))).toBeLessThan(0.1);
    await colours.compact();
    expect(await idsIn(database)).toContain('"pair-003"');
    expect(await idsIn(database)).not.toContain('"pair-006"');
  });

  it("is gone with the last anchor of it", async () => {
    const { database, changing, colours } = await open();
    await colours.deleteAnchors({ filter: { weight: { gte: 0 } } });
    await expect(colours.getProjection()).rejects.toMatchObject({ problem: { status: 404 } });
    await changing.call("PUT", "/v1/collections/colours/anchors", { anchors: [pairOf(97)] });
    await colours.compact();
    expect(await runSql("SELECT layer FROM projections", database.url)).toEqual([]);
  });

  it("is begun anew by a service that starts again, as it was asked for", async () => {
    const database = await freshDatabase();
    const first = await openTestApp({ database });
    const colours = await create(first, "colours", pairs(60));
    await compute(first, colours, { methods: ["pca"] });
    await colours.computeProjection({ seed: 9, sides: ["text"] });
    await first.close();
    const second = await openTestApp({ database });
    onTestFinished(() => second.close());
    await second.features.resume();
    const [newest] = await second.service.jobs.list();
    expect(newest).toMatchObject({ kind: "projection", subject: "colours" });
    expect(await second.service.jobs.settled(newest?.id ?? "")).toMatchObject({ state: "done" });
    const file = await clientOf(second).collection("colours").getProjection({ side: "text" });
    expect(file).toMatchObject({ method: "umap", seed: 9 });
  });
});
