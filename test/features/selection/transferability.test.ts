import { request as send } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type AnchorageApiError } from "../../../src/features/client.ts";
import { TRANSFER_METHODS } from "../../../src/features/selection/emms/index.ts";
import { classData, probabilityRows } from "./emms/class-data.ts";
import { naiveKnn, naiveLeep, naiveNce } from "../../support/naive-class-scores.ts";
import { naivePearson } from "../../support/naive-rank-correlation.ts";
import { numbersOf, toBase64 } from "../../../src/store/index.ts";
import { listen, openTestApp, pathsOf, problemIn, type Answer, type TestApp } from "../../http/support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp({ bodyLimitBytes: 64 * 1024 * 1024 });
});

afterAll(() => test.close());

const { rows: features, ids } = classData(40, 5, 3, 2);
const sourceProbabilities = probabilityRows(40, 6);
const REQUEST = { features, labels: ids, sourceProbabilities, methods: ["leep", "nce", "knn"] };

const PATH = "/v1/transferability";
const score = (body: unknown): Promise<Answer> => test.call("POST", PATH, body);
const scoresIn = ({ body }: Answer) =>
  (body as { scores: Record<string, { score: number; tookMs: number; diagnostics: object }> }).scores;

describe("POST /v1/transferability", () => {
  it("takes rows of base64 as rows of numbers, and names what is wrong in them", async () => {
    const encoded = features.map((row) => toBase64(Float32Array.from(row)));
    const rounded = encoded.map((row) => [...numbersOf(row)]);
    const [fromText, fromNumbers] = await Promise.all(
      [encoded, rounded].map((rows) => score({ ...REQUEST, features: rows })),
    );
    expect(fromText?.status).toBe(200);
    expect(fromText && scoresIn(fromText).knn?.score).toBe(fromNumbers && scoresIn(fromNumbers).knn?.score);
    const broken = { ...REQUEST, features: [encoded[0], toBase64(Float32Array.of(1, NaN, 1, 1, 1)), "AA=="] };
    expect(pathsOf(await score(broken))).toEqual(["features.1.1"]);
  });

  it("answers several scores at once, each with its time and diagnostics", async () => {
    const answer = await score(REQUEST);
    expect(answer.status).toBe(200);
    const scores = scoresIn(answer);
    expect(Object.keys(scores)).toEqual(["leep", "nce", "knn"]);
    expect(scores.leep?.score).toBeCloseTo(naiveLeep(sourceProbabilities, ids), 12);
    expect(scores.nce?.score).toBeCloseTo(naiveNce(sourceProbabilities, ids), 12);
    expect(scores.knn?.score).toBe(naiveKnn(features, ids, 5));
    for (const each of Object.values(scores)) expect(each.tookMs).toBeGreaterThanOrEqual(0);
    expect(scores.knn?.diagnostics).toMatchObject({ k: 5, classes: 3 });
  });

  it("answers every method that there is", async () => {
    const fLabels = [features.map((row) => row.slice(0, 3)), features.map((row) => row.slice(1, 4))];
    const methods = TRANSFER_METHODS;
    const labels = features.map((_, i) => i % 4);
    const answer = await score({ ...REQUEST, labels, fLabels, methods, rounds: 3 });
    expect(answer.status).toBe(200);
    const scores = scoresIn(answer);
    expect(Object.keys(scores)).toEqual(methods);
    for (const each of Object.values(scores)) expect(each.score).toSatisfy(Number.isFinite);
    expect(scores.emms).toMatchObject({ weights: [expect.any(Number), expect.any(Number)] });
  });

  it("solves for the optimum of EMMS where `rounds` is `optimal`, and rejects any other word", async () => {
    const fLabels = [features.map((row) => row.slice(0, 3)), features.map((row) => row.slice(1, 4))];
    const request = { features: features.map((row) => row.slice(0, 2)), fLabels, methods: ["emms"] };
    const [once, best] = [await score(request), await score({ ...request, rounds: "optimal" })];
    expect(scoresIn(best).emms?.diagnostics).toMatchObject({ rounds: "optimal", converged: true });
    expect(scoresIn(best).emms?.score).toBeGreaterThanOrEqual(scoresIn(once).emms?.score ?? NaN);
    const refused = await score({ ...request, rounds: "best" });
    expect([refused.status, pathsOf(refused)]).toEqual([400, ["rounds"]]);
  });

  it("takes any whole numbers as labels", async () => {
    const named = ids.map((id) => [-7, 2 ** 53 - 1, 0][id] ?? 0);
    const methods = ["nce", "gbc", "linear-probe"];
    const scores = scoresIn(await score({ ...REQUEST, labels: named, methods }));
    const dense = scoresIn(await score({ ...REQUEST, methods }));
    for (const method of methods) expect(scores[method]?.score).toBeCloseTo(dense[method]?.score ?? NaN, 12);
  });

  it("passes options on", async () => {
    const options = { knn: { k: 1 }, "linear-probe": { folds: 4, seed: 9 } };
    const scores = scoresIn(await score({ ...REQUEST, methods: ["knn", "linear-probe"], options }));
    expect(scores.knn?.score).toBe(naiveKnn(features, ids, 1));
    expect(scores["linear-probe"]?.diagnostics).toMatchObject({ folds: 4 });
  });

  it("names what a method lacks: every field, and the methods that need it", async () => {
    const answer = await score({ features, methods: ["knn", "leep", "emms"] });
    expect(answer.status).toBe(422);
    expect(pathsOf(answer)).toEqual(["labels", "sourceProbabilities", "fLabels"]);
    expect(problemIn(answer).detail).toContain("labels: must be given for knn, leep");
  });

  it("names the field that makes a score undefined, and the method", async () => {
    const one = await score({ ...REQUEST, labels: ids.map(() => 4) });
    expect([one.status, pathsOf(one)]).toEqual([422, ["labels"]]);
    expect(problemIn(one).detail).toMatch(/leep.*classes/);
    const still = await score({ ...REQUEST, features: features.map(() => [1, 1]), methods: ["nleep"] });
    expect([still.status, pathsOf(still)]).toEqual([422, ["features"]]);
    expect(problemIn(still).detail).toContain("nleep");
  });

  it("refuses more columns than covariances fit into memory for, and takes them where rows are few", async () => {
    const wide = [0, 1].map((i) => Array.from({ length: 8_193 }, (_, j) => Math.sin(i + j)));
    const request = { features: wide, labels: [0, 1] };
    for (const method of ["hscore-reg", "sfda", "linear-probe"]) {
      const answer = await score({ ...request, methods: [method] });
      expect([answer.status, pathsOf(answer)], method).toEqual([422, ["features"]]);
    }
    expect((await score({ ...request, methods: ["logme", "hscore", "transrate"] })).status).toBe(200);
  });

  it("takes what is below float32's range for 0", async () => {
    const tiny = features.map((row, i) => row.map((value, j) => (j === 0 ? 1e-120 * (i % 7) : value)));
    const zero = features.map((row) => row.map((value, j) => (j === 0 ? 0 : value)));
    const methods = ["logme", "linear-probe", "hscore"];
    const [made, expected] = [
      scoresIn(await score({ ...REQUEST, features: tiny, methods })),
      scoresIn(await score({ ...REQUEST, features: zero, methods })),
    ];
    for (const method of methods) expect(made[method]?.score).toBe(expected[method]?.score);
  });

  it("never answers a number that is none, whatever the features are", async () => {
    const fLabels = [features.map((row) => row.slice(0, 2))];
    for (const value of [3e38, 1e-37, 1e-45, 1e-120, 1e20]) {
      const large = features.map((row) => row.map((each) => Math.sign(each) * value));
      for (const method of TRANSFER_METHODS) {
        const answer = await score({ ...REQUEST, features: large, fLabels, methods: [method] });
        expect([200, 422], method).toContain(answer.status);
        if (answer.status === 200)
          expect(scoresIn(answer)[method]?.score, method).toEqual(expect.any(Number));
      }
    }
    expect(test.logged).toEqual([]);
  });

  it.each<[string, object, string]>([
    ["an unknown method", { methods: ["knn", "guess"] }, "methods.1"],
    ["no method", { methods: [] }, "methods"],
    ["no features", { features: [] }, "features"],
    ["one row", { features: [[1, 2]], labels: [1] }, "features"],
    ["rows without numbers", { features: features.map(() => []) }, "features.0"],
    ["ragged rows", { features: [...features.slice(1), [1, 2]] }, "features.39"],
    ["what is no number", { features: [...features.slice(1), [1, 2, null, 4, 5]] }, "features.39.2"],
    ["a number beyond float32", { features: [...features.slice(1), [1, 2, 3, 4, 1e39]] }, "features.39.4"],
    ["fewer labels than rows", { labels: [1, 2] }, "labels"],
    ["a label that is no whole number", { labels: [...ids.slice(1), 0.5] }, "labels.39"],
    ["probabilities that are none", { sourceProbabilities: features }, "sourceProbabilities.0"],
    ["F-labels of other rows", { fLabels: [features.slice(1)] }, "fLabels.0"],
    ["F-labels of two widths", { fLabels: [features, features.map(() => [1])] }, "fLabels.1"],
    ["no F-labels", { fLabels: [] }, "fLabels"],
    ["an unknown option", { options: { knn: { neighbours: 3 } } }, "options.knn.neighbours"],
    ["an option out of range", { options: { "linear-probe": { folds: 1 } } }, "options.linear-probe.folds"],
    ["no rounds", { rounds: 0 }, "rounds"],
  ])("refuses %s and names it", async (_, change, path) => {
    const answer = await score({ ...REQUEST, ...change });
    expect([answer.status, pathsOf(answer)]).toEqual([400, [path]]);
  });

  it("lists the methods that there are", async () => {
    const answer = await score({ ...REQUEST, methods: ["guess"] });
    for (const method of ["emms", "logme-f", "linear-probe"])
      expect(problemIn(answer).detail).toContain(method);
  });

  it("answers others meanwhile, one large request after another, and ends where the client goes", async () => {
    const { url } = await listen(test);
    const client = createClient({ url });
    const large = classData(3_000, 200, 50, 3);
    const request = { features: large.rows, labels: large.ids, methods: ["linear-probe" as const] };
    const gone = new AbortController();
    let ended = false;
    const first = client.transferability(request, { signal: gone.signal }).finally(() => (ended = true));
    const refused = expect(first).rejects.toThrow("abort");
    await sleep(1_500);
    await client.ready();
    expect(ended).toBe(false);
    gone.abort();
    await refused;
    // Its turn comes although the other was not done.
    const { scores } = await client.transferability({ ...REQUEST, methods: ["knn"] });
    expect(scores.knn?.score).toBe(naiveKnn(features, ids, 5));
    expect(test.logged).toEqual([]);
  });

  it("gives an example in the document that works", async () => {
    const { body } = await test.call("GET", "/openapi.json");
    const { schemas } = (body as { components: { schemas: Record<string, { example?: unknown }> } })
      .components;
    const scores = scoresIn(await score(schemas.TransferabilityRequest?.example));
    expect(Object.keys(scores)).toEqual(["hscore", "knn"]);
    const ranks = await test.call("POST", "/v1/rank-correlation", schemas.RankCorrelationRequest?.example);
    expect(ranks.status).toBe(200);
  });

  it("is not troubled by a client that goes before it has sent everything", async () => {
    const { url } = await listen(test);
    const half = send(`${url}${PATH}`, { method: "POST", headers: { "content-type": "application/json" } });
    half.on("error", () => undefined);
    half.write('{"features": [[1, 2],');
    await sleep(50);
    half.destroy();
    await sleep(50);
    expect((await createClient({ url }).ready()).ready).toBe(true);
  });

  it("is there in the client, with its refusals", async () => {
    const { url } = await listen(test);
    await expect(createClient({ url }).transferability({ features, methods: ["knn"] })).rejects.toMatchObject(
      {
        status: 422,
      } satisfies Partial<AnchorageApiError>,
    );
  });
});

describe("POST /v1/rank-correlation", () => {
  const compare = (x: unknown, y: unknown): Promise<Answer> =>
    test.call("POST", "/v1/rank-correlation", { x, y });

  it("answers what scipy does", async () => {
    const x = [12, 2, 1, 12, 2];
    const y = [1, 4, 7, 1, 0];
    const { status, body } = await compare(x, y);
    expect(status).toBe(200);
    expect(body).toEqual({
      weightedTau: expect.closeTo(-0.5669496815368272, 14) as number,
      kendallTau: expect.closeTo(-0.47140452079103173, 14) as number,
      spearman: expect.closeTo(-5 / Math.sqrt(85.5), 14) as number,
      pearson: expect.closeTo(naivePearson(x, y), 14) as number,
      topOneRegret: 6,
    });
  });

  it("answers null where a side is all the same, and for a regret beyond any number", async () => {
    const { body } = await compare([1, 1, 1], [1, 2, 3]);
    expect(body).toEqual({
      weightedTau: null,
      kendallTau: null,
      spearman: null,
      pearson: null,
      topOneRegret: 1,
    });
    expect((await compare([1, 2], [1.7e308, -1.7e308])).body).toMatchObject({
      weightedTau: -1,
      pearson: -1,
      topOneRegret: null,
    });
  });

  it.each<[string, unknown, unknown, string]>([
    ["fewer items", [1, 2, 3], [1, 2], "y"],
    ["one item", [1], [2], "x"],
    ["none", [], [], "x"],
    ["what is no number", [1, "2"], [1, 2], "x.1"],
    ["more than are ranked", new Array(20_001).fill(1), [1, 2], "x"],
    ["nothing", undefined, [1, 2], "x"],
  ])("refuses %s and names it", async (_, x, y, path) => {
    const answer = await compare(x, y);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)).toContain(path);
  });

  it("is there in the client", async () => {
    const { url } = await listen(test);
    const { spearman } = await createClient({ url }).rankCorrelation({ x: [1, 2, 3], y: [2, 4, 9] });
    expect(spearman).toBe(1);
  });
});
