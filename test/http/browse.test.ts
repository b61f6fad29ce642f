import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { facetsAnswer } from "../../src/api/facets.ts";
import { searchAnswer } from "../../src/api/queries.ts";
import { openTestApp, type Answer, type TestApp } from "./support.ts";

const base = "/v1/collections/c";

let test: TestApp;

const pairs = [
  {
    id: "a",
    text: "a red fox in snow",
    metadata: { owner: "ann", tags: ["fox", "snow", "fox"], year: 2020 },
  },
  { id: "b", text: "Red foxes", metadata: { owner: "bob", tags: ["fox"], year: 2021 } },
  { id: "d", text: "a grey owl", metadata: { owner: "ann", place: { town: "Rome" } } },
];

beforeAll(async () => {
  test = await openTestApp();
  const spec = {
    name: "c",
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  };
  expect((await test.call("POST", "/v1/collections", spec)).status).toBe(201);
  const anchors = pairs.map((pair, i) => ({ ...pair, imageVector: [1, i, 0], textVector: [1, i] }));
  expect((await test.call("PUT", `${base}/anchors`, { anchors })).status).toBe(200);
});

afterAll(() => test.close());

const facets = (body: unknown): Promise<Answer> => test.call("POST", `${base}/facets`, body);

describe("facets", () => {
  it("count anchors by value, a list once for each of its different elements", async () => {
    const answer = facetsAnswer.parse((await facets({ keys: ["owner", "tags", "place", "none"] })).body);
    expect(answer.anchors).toBe(3);
    expect(answer.facets).toEqual([
      {
        key: "owner",
        anchors: 3,
        distinct: 2,
        values: [
          { value: "ann", anchors: 2 },
          { value: "bob", anchors: 1 },
        ],
      },
      {
        key: "tags",
        anchors: 2,
        distinct: 2,
        values: [
          { value: "fox", anchors: 2 },
          { value: "snow", anchors: 1 },
        ],
      },
      { key: "place", anchors: 1, distinct: 0, values: [] },
      { key: "none", anchors: 0, distinct: 0, values: [] },
    ]);
  });

  it("count only the anchors that the filter holds for, and list at most limit values", async () => {
    const answer = facetsAnswer.parse((await facets({ filter: { owner: "ann" }, limit: 1 })).body);
    expect(answer.anchors).toBe(2);
    expect(answer.facets.map(({ key }) => key)).toEqual(["owner", "place", "tags", "year"]);
    expect(answer.facets[2]).toMatchObject({ distinct: 2, values: [{ value: "fox", anchors: 1 }] });
  });

  it.each([[{ keys: [] }], [{ limit: 0 }], [{ filter: { owner: { like: "a" } } }], [{ by: "owner" }]])(
    "refuse %j",
    async (body) => {
      expect((await facets(body)).status).toBe(400);
    },
  );
});

describe("a search by keywords", () => {
  const find = (query: unknown, more: object = {}): Promise<Answer> =>
    test.call("POST", `${base}/search`, { query, target: "image", ...more });

  it("finds captions that hold every word or its beginning, whatever the case", async () => {
    const answer = searchAnswer.parse((await find({ keywords: "FOX red" })).body);
    expect(answer.hits.map(({ id }) => id).sort()).toEqual(["a", "b"]);
    expect(answer.plan.index).toBe("captions");
    const filtered = searchAnswer.parse((await find({ keywords: "red" }, { filter: { owner: "bob" } })).body);
    expect(filtered.hits.map(({ id }) => id)).toEqual(["b"]);
    expect(searchAnswer.parse((await find({ keywords: "re & !fox | '" })).body).hits).toHaveLength(2);
    expect(searchAnswer.parse((await find({ keywords: "wolf" })).body).hits).toEqual([]);
  });

  it("refuses keywords without a word", async () => {
    const answer = await find({ keywords: " — " });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ path: "query.keywords" }] });
  });
});

describe("a change of an anchor", () => {
  const change = (id: string, body: unknown): Promise<Answer> =>
    test.call("PATCH", `${base}/anchors/${id}`, body);

  it("writes the caption and leaves the rest, at a new sequence", async () => {
    const before = (await test.call("GET", `${base}/anchors/d?vectors=true`)).body as { sequence: number };
    const answer = await change("d", { text: "a tawny owl", ifSequence: before.sequence });
    expect(answer).toMatchObject({
      status: 200,
      body: { text: "a tawny owl", metadata: pairs[2]?.metadata },
    });
    const after = (await test.call("GET", `${base}/anchors/d?vectors=true`)).body;
    expect(after).toEqual({ ...before, text: "a tawny owl", sequence: before.sequence + 1 });
    const found = await test.call("POST", `${base}/search`, { query: { keywords: "tawny" }, target: "text" });
    expect(found.body).toMatchObject({ hits: [{ id: "d" }] });
  });

  it("takes the place of all metadata, which the next facets count", async () => {
    expect((await change("d", { metadata: { owner: "cyd" } })).status).toBe(200);
    const answer = facetsAnswer.parse((await facets({ keys: ["owner", "place"] })).body);
    expect(answer.facets[0]?.values).toContainEqual({ value: "cyd", anchors: 1 });
    expect(answer.facets[1]?.anchors).toBe(0);
  });

  it("is refused where the anchor was written since it was read", async () => {
    const answer = await change("d", { text: "an owl", ifSequence: 1 });
    expect(answer.status).toBe(409);
    expect((await test.call("GET", `${base}/anchors/d`)).body).toMatchObject({ text: "a tawny owl" });
  });

  it("is refused without anything to change, and for an anchor that is not there", async () => {
    expect((await change("d", { ifSequence: 2 })).status).toBe(400);
    expect((await change("nobody", { text: "no one" })).status).toBe(404);
  });
});
