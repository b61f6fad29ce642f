import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { openSelectionApp, SELECTIONS as PATH, type SelectionApp } from "./selection-app.ts";
import { kindOf, pictureOf } from "./selection-data.ts";
import { listen, pathsOf, problemIn } from "../../http/support.ts";

const METHODS = ["emms", "hscore", "knn"];

let test: SelectionApp;

beforeAll(async () => {
  test = await openSelectionApp();
  await test.fill("c", 16);
});

afterAll(() => test.close());

describe("a selection over what is given", () => {
  it("ranks encoders by images", async () => {
    const images = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => ({ image: await pictureOf(kindOf(i), i) })),
    );
    const labels = images.map((_, i) => ({ question: "a red sea", answer: kindOf(i) }));
    const found = await test.finished({
      dataset: { images },
      labels,
      methods: METHODS,
      transforms: ["center"],
    });
    expect(found).toMatchObject({
      subject: { collection: null, sequence: null, labels: "given" },
      samples: { used: 24, of: 24 },
      classes: 4,
    });
    expect(found.candidates.map(({ features }) => features)).toEqual(["made", "made"]);
    const broken = await test.started({
      dataset: { images: [...images.slice(0, 20), { image: { base64: "AAAA" } }] },
      labels: labels.slice(0, 21),
      methods: ["knn"],
    });
    const { state, error } = await test.service.jobs.settled(broken);
    expect([state, error]).toEqual(["failed", expect.stringContaining("dataset.images.20")]);
    expect((await test.call("GET", `${PATH}/${broken}`)).body).toMatchObject({ state: "failed", error });
  });

  it("ranks models by features that were made elsewhere", async () => {
    const labels = Array.from({ length: 20 }, (_, i) => kindOf(i));
    const features = (noise: number) =>
      labels.map((kind, i) => [kind.length + noise * Math.sin(7 * i), noise * Math.cos(5 * i), i % 4]);
    const found = await test.finished({
      models: [
        { name: "blind", features: features(9).map(([a = 0, b = 0]) => [a, b]) },
        { name: "sharp", features: features(0.1) },
      ],
      labels,
      methods: ["hscore"],
      transforms: ["none"],
      bootstrap: 12,
    });
    expect(found.winners.hscore).toMatchObject({ model: "sharp", runnerUp: { model: "blind" }, ahead: 1 });
    expect(found.candidates[0]).toMatchObject({ features: "given", dimension: 3 });
  });

  it("says where a half of the samples is too few for the features to be sure of a rank", async () => {
    const labels = Array.from({ length: 20 }, (_, i) => kindOf(i));
    const features = labels.map((_, i) => Array.from({ length: 12 }, (__, j) => Math.sin((i + 1) * (j + 2))));
    const request = {
      models: [{ name: "wide", features }],
      labels,
      methods: ["hscore"],
      transforms: ["none"],
    };
    const notesOf = async (bootstrap: number) =>
      (await test.finished({ ...request, bootstrap })).candidates.map(({ notes }) => notes);
    expect(await notesOf(10)).toEqual([[expect.stringContaining("half of the 20 samples")]]);
    expect(await notesOf(0)).toEqual([[]]);
  });
});

describe("a selection is refused", () => {
  const right = { collection: "c", labels: { field: "kind" }, methods: ["knn"] };

  it.each<[string, object, number, string[]]>([
    ["an unknown image encoder", { imageEncoders: ["colours", "eyes"] }, 400, ["imageEncoders.1"]],
    ["an unknown text encoder", { textEncoders: ["ears"], methods: ["emms"] }, 400, ["textEncoders.0"]],
    ["an unknown collection", { collection: "none" }, 404, []],
    ["an unknown field", { labels: { field: "colour" } }, 422, ["labels.field"]],
    ["labels of one kind", { labels: [{ anchor: "a00", label: "fox" }] }, 422, ["labels"]],
    ["an unknown method", { methods: ["luck"] }, 400, ["methods.0"]],
    ["a method that needs a model's own classes", { methods: ["leep"] }, 400, ["methods.0"]],
    ["no methods", { methods: [] }, 400, ["methods"]],
    ["a template without a place for the category", { templates: ["a photo"] }, 400, ["templates.0"]],
    ["too many rounds", { rounds: 0 }, 400, ["rounds"]],
    ["a width beyond a text encoder's", { dimension: 4, methods: ["emms"] }, 400, ["dimension"]],
    ["two subjects", { dataset: { images: [] } }, 400, ["dataset.images"]],
    ["no subject", { collection: undefined }, 400, ["collection"]],
    ["labels without anchors", { labels: ["fox", "hen"] }, 400, ["labels.0"]],
    [
      "an anchor labelled twice",
      { labels: ["fox", "hen"].map((label) => ({ anchor: "a00", label })) },
      400,
      ["labels.1.anchor"],
    ],
    ["a key that is not known", { colour: 1 }, 400, ["colour"]],
  ])("with %s", async (_, change, status, paths) => {
    const answer = await test.call("POST", PATH, { ...right, ...change });
    expect([answer.status, pathsOf(answer)]).toEqual([status, paths]);
  });

  it("where anchors have no stored image", async () => {
    await test.call("POST", "/v1/collections", {
      name: "outside",
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
    });
    await test.call("PUT", "/v1/collections/outside/anchors", {
      anchors: ["a", "b"].map((id) => ({
        id,
        imageVector: [1, 2, 3],
        textVector: [1, 2],
        metadata: { kind: id },
      })),
    });
    const answer = await test.call("POST", PATH, { ...right, collection: "outside" });
    expect([answer.status, pathsOf(answer)]).toEqual([422, ["collection"]]);
    expect(problemIn(answer).detail).toMatch(/none of the 2 anchors/);
  });

  it.each<[object, string[]]>([
    [{ labels: ["fox"], models: [{ name: "m", features: [[1], [2]] }] }, ["models.0.features"]],
    [{ labels: { field: "kind" }, models: [{ name: "m", features: [[1], [2]] }] }, ["labels"]],
    [
      { labels: ["a", "b"], models: ["m", "m"].map((name) => ({ name, features: [[1], [2]] })) },
      ["models.1.name"],
    ],
    [
      { labels: ["a", { anchor: "x", label: "b" }], models: [{ name: "m", features: [[1], [2]] }] },
      ["labels"],
    ],
    [{ labels: ["a", "b"], models: [{ name: "m", features: [[1], [2, 3]] }] }, ["models.0.features.1"]],
    [
      { labels: ["a", "b"], imageEncoders: ["colours"], models: [{ name: "m", features: [[1], [2]] }] },
      ["imageEncoders"],
    ],
  ])("for %j", async (request, paths) => {
    const answer = await test.call("POST", PATH, { methods: ["knn"], ...request });
    expect([answer.status, pathsOf(answer)]).toEqual([400, paths]);
  });

  it("of what is not there", async () => {
    expect((await test.call("GET", `${PATH}/none`)).status).toBe(404);
    expect((await test.call("DELETE", `${PATH}/none`)).status).toBe(404);
  });
});

describe("the client", () => {
  it("starts, watches, lists and removes selections", async () => {
    const client = createClient({ url: (await listen(test)).url });
    const { id } = await client.select({
      collection: "c",
      labels: { field: "kind" },
      methods: ["hscore"],
      bootstrap: 0,
    });
    await test.service.jobs.settled(id);
    expect(await client.getSelection(id)).toMatchObject({ id, state: "done", classes: 4 });
    expect((await client.listSelections())[0]?.id).toBe(id);
    await client.deleteSelection(id);
    await expect(client.getSelection(id)).rejects.toMatchObject({ status: 404 });
  });
});
