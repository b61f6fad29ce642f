import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectionList, selectionState } from "../../../src/features/selection/api/selection-answer.ts";
import { runSql } from "../../support/postgres.ts";
import { openSelectionApp, SELECTIONS as PATH, type SelectionApp } from "./selection-app.ts";
import { kindOf, pictureOf } from "./selection-data.ts";
import { openTestApp, pathsOf, problemIn } from "../../http/support.ts";

const METHODS = ["emms", "hscore", "knn"];

let test: SelectionApp;

beforeAll(async () => {
  test = await openSelectionApp();
  await test.fill("c", 48);
});

afterAll(() => test.close());

const rowsIn = async (table: string): Promise<number> => {
  const [row] = await runSql<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`, test.database.url);
  return row?.n ?? 0;
};

describe("a selection over a collection", () => {
  it("ranks every image encoder with each transform by each method, with its confidence and margin", async () => {
    const found = await test.finished({
      collection: "c",
      labels: { field: "kind" },
      methods: METHODS,
      bootstrap: 20,
    });
    expect(found).toMatchObject({
      subject: { collection: "c", sequence: 1, labels: { field: "kind" } },
      samples: { used: 48, of: 48, withoutLabel: 0, withoutImage: 0, gone: 0 },
      classes: 4,
      fLabels: {
        textEncoders: [
          { id: "squares", dimension: 5 },
          { id: "words", dimension: 3 },
        ],
        texts: 4,
        dimension: 3,
        projection: "random",
      },
    });
    expect(found.candidates.map(({ model, transform }) => `${model} ${transform}`).sort()).toEqual([
      "colours none",
      "colours whiten",
      "pixels none",
      "pixels whiten",
    ]);
    expect(found.candidates.find(({ model }) => model === "colours")?.features).toBe("stored");
    expect(found.candidates.find(({ model }) => model === "pixels")?.features).toBe("made");
    expect(found.candidates.map(({ scores }) => scores.emms?.rank)).toEqual([1, 2, 3, 4]);
    for (const method of METHODS) {
      const scores = found.candidates.map((candidate) => candidate.scores[method]);
      const best = scores.find((score) => score?.rank === 1);
      const sorted = scores.map((score) => score?.score ?? NaN).sort((a, b) => b - a);
      expect(best?.score).toBe(sorted[0]);
      const sure = scores.flatMap((score) => score?.confidence ?? []);
      expect(sure.reduce((sum, { first }) => sum + first, 0)).toBeCloseTo(1, 9);
      for (const { halves, rank } of sure) expect([halves, rank[0] <= rank[1]]).toEqual([20, true]);
      // 48 pixels tell any 24 samples apart, and what spans them is compared by no half.
      expect(sure).toHaveLength(method === "knn" ? 4 : 2);
      expect(found.winners[method]?.margin).toBeCloseTo((sorted[0] ?? 0) - (sorted[1] ?? 0), 12);
    }
    const weights = found.candidates[0]?.scores.emms?.weights ?? [];
    expect(weights).toHaveLength(2);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });

  it("tries the transform auto, and scores by local regression", async () => {
    const found = await test.finished({
      collection: "c",
      labels: { field: "kind" },
      methods: ["asif+local"],
      transforms: ["auto"],
      bootstrap: 0,
    });
    expect(found.candidates.map(({ transform }) => transform)).toEqual(["auto", "auto"]);
    for (const { scores } of found.candidates) expect(scores["asif+local"]?.score).toBeLessThanOrEqual(1);
  });

  it("is the same again, whichever features were there before, but for times", async () => {
    const request = {
      collection: "c",
      labels: { field: "kind" },
      methods: METHODS,
      bootstrap: 10,
      samples: 30,
    };
    const scoresOf = ({ candidates }: Awaited<ReturnType<SelectionApp["finished"]>>) =>
      candidates.map(({ model, transform, scores }) => [
        model,
        transform,
        Object.entries(scores).map(([method, { score, confidence }]) => [method, score, confidence]),
      ]);
    const first = await test.finished(request);
    await runSql(
      "DELETE FROM vectors WHERE encoder_key = (SELECT key FROM encoders WHERE id = 'pixels')",
      test.database.url,
    );
    await runSql("DELETE FROM label_vectors", test.database.url);
    const again = await test.finished(request);
    expect(first.samples.used).toBe(30);
    expect(scoresOf(again)).toEqual(scoresOf(first));
    expect(await rowsIn("label_vectors")).toBe(8);
    expect(scoresOf(await test.finished({ ...request, seed: 1 }))).not.toEqual(scoresOf(first));
  });

  it("leaves anchors as they are, though they have vectors of other encoders now", async () => {
    await test.fill("kept", 12);
    const path = "/v1/collections/kept";
    const seen = async () => [
      (await test.call("GET", `${path}/anchors?vectors=true`)).body,
      (await test.call("POST", `${path}/search`, { query: { anchor: "a03" }, target: "image", limit: 12 }))
        .body,
    ];
    const before = await seen();
    await test.finished({ collection: "kept", labels: { field: "kind" }, methods: ["knn"], bootstrap: 0 });
    const after = await seen();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toMatchObject({ hits: (before[1] as { hits: unknown }).hits });
    await test.call("PATCH", path, { transform: "center" });
    const reopened = await openTestApp({ folders: [test.folder], database: test.database });
    try {
      const page = await reopened.call("GET", `${path}/anchors?vectors=true`);
      expect(page.body).toMatchObject({ anchors: (before[0] as { anchors: unknown }).anchors });
      expect((await reopened.call("GET", path)).body).toMatchObject({ anchorCount: 12 });
    } finally {
      await reopened.close();
    }
  });

  it.each([
    ["captions", { captions: true }, { classes: 4, texts: 4 }],
    ["truth values", { field: "warm" }, { classes: 2, texts: 2 }],
    ["lists", { field: "both" }, { classes: 8, texts: 6 }],
    [
      "what is told of some anchors",
      Array.from({ length: 12 }, (_, i) => ({
        anchor: `a${String(i).padStart(2, "0")}`,
        label: { phrase: kindOf(i), box: [0, 0, 0.2, i < 6 ? 0.2 : 1] },
      })),
      { classes: 4, texts: 8 },
    ],
  ])("goes by %s as labels", async (_, labels, { classes, texts }) => {
    const found = await test.finished({
      collection: "c",
      labels,
      methods: METHODS,
      bootstrap: 0,
      transforms: ["none"],
    });
    expect(found).toMatchObject({ classes, fLabels: { texts } });
    expect(found.candidates.every(({ scores }) => scores.emms?.confidence === null)).toBe(true);
  });

  it("counts what it leaves out", async () => {
    await test.fill("gaps", 16);
    await test.call("PUT", "/v1/collections/gaps/anchors", {
      anchors: [
        { id: "no-image", text: "a fox", imageVector: [1, 2, 3], metadata: { kind: "fox" } },
        { id: "no-label", text: "a fox", image: await pictureOf("fox", 99), metadata: { kind: null } },
        { id: "blank", text: "a fox", image: await pictureOf("fox", 98), metadata: { kind: " " } },
      ],
    });
    const found = await test.finished({ collection: "gaps", labels: { field: "kind" }, methods: ["knn"] });
    expect(found.samples).toEqual({ used: 16, of: 19, withoutLabel: 2, withoutImage: 1, gone: 0 });
    expect(found.fLabels).toBeNull();
  });

  it("says of which candidates a score says nothing, for they fit anything", async () => {
    const found = await test.finished({
      collection: "c",
      labels: { field: "kind" },
      methods: ["emms"],
      samples: 20,
      transforms: ["none"],
    });
    const notes = (model: string) => found.candidates.find((one) => one.model === model)?.notes;
    expect(notes("pixels")).toEqual([expect.stringContaining("20 samples")]);
    expect(notes("colours")).toEqual([]);
    const labels = Array.from({ length: 16 }, (_, i) => kindOf(i));
    const features = labels.map((_, i) => Array.from({ length: 10 }, (__, j) => Math.sin(i * i + 3 * j * i)));
    const halved = await test.finished({
      models: [{ name: "wide", features }],
      labels,
      methods: ["hscore"],
      transforms: ["none"],
    });
    expect(halved.candidates[0]).toMatchObject({
      notes: [expect.stringContaining("half of the 16 samples")],
      scores: { hscore: { rank: 1, confidence: null } },
    });
  });

  it("goes by texts alone where no two samples are of one class", async () => {
    const labels = Array.from({ length: 12 }, (_, i) => ({
      anchor: `a${String(i).padStart(2, "0")}`,
      label: { caption: `${"a ".repeat(i + 1)}${kindOf(i)}` },
    }));
    const request = { collection: "c", labels, bootstrap: 0 };
    const refused = await test.call("POST", PATH, { ...request, methods: ["emms", "knn"] });
    expect([refused.status, pathsOf(refused)]).toEqual([422, ["methods"]]);
    expect((await test.finished({ ...request, methods: ["emms"] })).classes).toBe(12);
  });
});

describe("what a selection keeps", () => {
  const label = { collection: "erased", labels: { captions: true }, methods: ["emms"], bootstrap: 0 };

  it("goes with deleted anchors, and vectors of labels with a compaction", async () => {
    await test.fill("erased", 16);
    const ofLabels = "label_vectors WHERE collection = (SELECT key FROM collections WHERE name = 'erased')";
    const ofAnchors =
      "vectors v JOIN anchors a ON a.key = v.anchor_key JOIN collections c ON c.key = a.collection AND c.name = 'erased'";
    await test.finished(label);
    expect([await rowsIn(ofLabels), await rowsIn(ofAnchors)]).toEqual([8, 48]);
    await test.call("DELETE", "/v1/collections/erased/anchors/a00");
    expect(await rowsIn(ofAnchors)).toBe(45);
    expect((await test.call("POST", "/v1/collections/erased/compact")).status).toBe(200);
    expect(await rowsIn(ofLabels)).toBe(0);
    await test.call("DELETE", "/v1/collections/erased");
  });

  it("goes with its collection, or is removed by itself", async () => {
    await test.fill("erased", 16);
    const { id } = await test.finished(label);
    const other = await test.finished({ ...label, collection: "c" });
    const listed = async () =>
      selectionList.parse((await test.call("GET", PATH)).body).selections.map((one) => one.id);
    expect((await listed()).slice(0, 2)).toEqual([other.id, id]);
    await test.call("DELETE", "/v1/collections/erased");
    expect((await test.call("GET", `${PATH}/${id}`)).status).toBe(404);
    expect((await test.call("DELETE", `${PATH}/${other.id}`)).status).toBe(204);
    expect((await test.call("DELETE", `${PATH}/${other.id}`)).status).toBe(404);
    expect((await listed()).filter((one) => one === id || one === other.id)).toEqual([]);
  });
});

describe("a selection's job", () => {
  it("is one at a time for a collection, is seen while it runs, and can be cancelled", async () => {
    await test.fill("busy", 48);
    const request = {
      collection: "busy",
      labels: { field: "kind" },
      methods: ["linear-probe", "parc", "emms"],
      bootstrap: 1000,
    };
    const id = await test.started(request);
    const again = await test.call("POST", PATH, request);
    expect([again.status, problemIn(again).detail]).toEqual([409, expect.stringContaining('"busy"')]);
    expect((await test.call("GET", `${PATH}/${id}`)).body).toMatchObject({ id, state: "running" });
    expect((await test.call("DELETE", `${PATH}/${id}`)).status).toBe(409);
    const cancelled = await test.call("DELETE", `/v1/jobs/${id}`);
    expect(cancelled.body).toMatchObject({ kind: "selection", subject: "busy", state: "cancelled" });
    const ended = selectionState.parse((await test.call("GET", `${PATH}/${id}`)).body);
    expect(ended).toMatchObject({ id, state: "cancelled" });
    await test.call("DELETE", "/v1/collections/busy");
  });

  it("fails where its collection is deleted", async () => {
    await test.fill("lost", 24);
    const id = await test.started({
      collection: "lost",
      labels: { field: "kind" },
      methods: ["emms"],
      bootstrap: 500,
    });
    await test.call("DELETE", "/v1/collections/lost");
    expect(await test.service.jobs.settled(id)).toMatchObject({ state: "failed" });
  });
});
