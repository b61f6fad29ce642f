import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { job } from "../../../src/api/service.ts";
import { check, type Check } from "../../../src/features/health/api.ts";
import { listen, openTestApp, pathsOf, type TestApp } from "../../http/support.ts";
import { runScript } from "../../scripts/run-script.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { freshDatabase, runSql, temporaryDirectory } from "../../support/postgres.ts";

const base = "/v1/collections/c";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

const create = async (app: TestApp): Promise<void> => {
  await app.call("POST", "/v1/collections", {
    name: "c",
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
  });
};

beforeEach(async () => {
  await test.call("DELETE", base);
  await create(test);
});

afterAll(() => test.close());

/** Concepts of two anchors, of which the first anchor is there once more. */
const fill = async (app: TestApp, concepts: number): Promise<void> => {
  const anchors = conceptAnchors(concepts, 2, { noise: 0.4 }).map(
    ({ id, caption, metadata, imageVector, textVector }) => ({
      id,
      text: caption ?? "",
      metadata,
      imageVector: [...imageVector],
      textVector: [...textVector],
    }),
  );
  await app.call("PUT", `${base}/anchors`, { anchors: [...anchors, { ...anchors[0], id: "copy" }] });
};

const started = async (app: TestApp, request: object = {}): Promise<string> => {
  const { status, body } = await app.call("POST", `${base}/check`, request);
  expect(status).toBe(202);
  return job.parse(body).id;
};

const finished = async (request: object = {}): Promise<Check> => {
  expect(await test.service.jobs.settled(await started(test, request))).toMatchObject({ state: "done" });
  return check.parse((await test.call("GET", `${base}/check`)).body);
};

const idsIn = (found: Check): string[][] =>
  found.problems
    .filter(({ kind }) => kind === "duplicate-pairs")
    .flatMap(({ findings }) => findings.map(({ anchors }) => anchors.map(({ anchor }) => anchor)));

describe("checking a collection", () => {
  it("is a job whose result is kept, with the sequence that was checked", async () => {
    await fill(test, 24);
    const found = await finished({ by: "kind" });
    expect(found).toMatchObject({ sequence: 1, current: true, anchorCount: 49, gone: 0 });
    expect(found.settings).toMatchObject({ by: "kind", imageSimilarity: 0.999 });
    expect(idsIn(found)).toEqual([["c0-0", "copy"]]);
  });

  it("is not current after a deletion, which hides its findings at once", async () => {
    await fill(test, 24);
    await finished();
    await test.call("DELETE", `${base}/anchors/copy`);
    const after = check.parse((await test.call("GET", `${base}/check`)).body);
    expect(after).toMatchObject({ sequence: 1, current: false });
    expect(after.gone).toBeGreaterThan(0);
    expect(JSON.stringify(after)).not.toContain('"copy"');
  });

  it("is erased by the compaction after a deletion", async () => {
    await fill(test, 24);
    await finished();
    await test.call("DELETE", `${base}/anchors/copy`);
    await test.call("POST", `${base}/compact`, {});
    expect((await test.call("GET", `${base}/check`)).status).toBe(404);
    await finished();
    await test.call("POST", `${base}/compact`, {});
    expect((await test.call("GET", `${base}/check`)).status).toBe(200);
  });

  it("is refused while one runs, and can be cancelled, which keeps the last result", async () => {
    await fill(test, 24);
    const first = await finished();
    await fill(test, 60);
    const id = await started(test);
    expect((await test.call("POST", `${base}/check`, {})).status).toBe(409);
    expect((await test.call("DELETE", `/v1/jobs/${id}`)).body).toMatchObject({ state: "cancelled" });
    const kept = check.parse((await test.call("GET", `${base}/check`)).body);
    expect(kept).toMatchObject({ sequence: first.sequence, current: false });
  });

  it("knows nothing of a collection that is not there, nor of one that was never checked", async () => {
    expect((await test.call("POST", "/v1/collections/none/check", {})).status).toBe(404);
    expect((await test.call("GET", "/v1/collections/none/check")).status).toBe(404);
    expect((await test.call("GET", `${base}/check`)).status).toBe(404);
  });

  it.each([
    [{ imageSimilarity: 0.4 }, "imageSimilarity"],
    [{ textSimilarity: 2 }, "textSimilarity"],
    [{ mismatchRank: -1 }, "mismatchRank"],
    [{ limit: 0 }, "limit"],
    [{ by: 3 }, "by"],
    [{ kinds: ["spoilers"] }, "kinds"],
  ])("refuses %j", async (request, path) => {
    const answer = await test.call("POST", `${base}/check`, request);
    expect([answer.status, pathsOf(answer)]).toEqual([400, [path]]);
  });
});

describe("a service that stops during a check", () => {
  it("begins the check again at its next start, with the same request", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const first = await openTestApp({ database });
    await create(first);
    await fill(first, 200);
    await started(first, { by: "kind", limit: 7 });
    await first.close();
    const second = await openTestApp({ database });
    onTestFinished(() => second.close());
    expect((await second.call("GET", `${base}/check`)).status).toBe(404);
    await second.features.resume();
    const [running] = await second.service.jobs.list();
    expect(running).toMatchObject({ kind: "check", subject: "c" });
    await second.service.jobs.settled(running?.id ?? "");
    const { body } = await second.call("GET", `${base}/check`);
    expect(check.parse(body)).toMatchObject({ anchorCount: 401, settings: { by: "kind", limit: 7 } });
    expect(await runSql("SELECT pending FROM checks", database.url)).toEqual([{ pending: null }]);
  });
});

describe("npm run check", () => {
  it("prints each kind of problem with its worst findings, and the whole result as JSON", async () => {
    await fill(test, 24);
    const { url } = await listen(test);
    const given = ["--collection", "c", "--url", url];
    const root = await temporaryDirectory();
    const { status, stdout, stderr } = await runScript("check", given, root);
    expect(stdout).toMatch(/^49 anchors at sequence 1, checked in /);
    expect(stdout).toMatch(
      / 1 {2}pairs that are there more than once \(2 anchors\)[^]*\n +c0-0, copy: 2 anchors/,
    );
    expect(stderr).toContain("nothing is changed");
    expect(status).toBe(0);
    const json = await runScript("check", [...given, "--json", "--limit", "1"], root);
    expect(idsIn(check.parse(JSON.parse(json.stdout)))).toEqual([["c0-0", "copy"]]);
  });
});
