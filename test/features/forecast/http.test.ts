import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { job } from "../../../src/api/service.ts";
import { forecast, type ForecastDetail } from "../../../src/features/forecast/api.ts";
import { listen, openTestApp, pathsOf, type Answer, type TestApp } from "../../http/support.ts";
import { runScript } from "../../scripts/run-script.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { freshDatabase, runSql, temporaryDirectory, type TestDatabase } from "../../support/postgres.ts";

const base = "/v1/collections/c";
const QUICK = { classes: 20, questions: 20, draws: 1 };
/** With 20 classes of one anchor held out, 2,000 are left. */
const ENOUGH = 2_020;

let test: TestApp;
let database: TestDatabase;

const create = async (app: TestApp): Promise<void> => {
  const spec = {
    name: "c",
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
    method: "asif",
  };
  expect((await app.call("POST", "/v1/collections", spec)).status).toBe(201);
};

const fill = async (app: TestApp, concepts: number): Promise<void> => {
  const anchors = conceptAnchors(concepts, 1, { noise: 0.6 }).map(
    ({ id, caption, metadata, imageVector, textVector }) => ({
      ...{ id, metadata, text: caption ?? "" },
      imageVector: [...imageVector],
      textVector: [...textVector],
    }),
  );
  for (let first = 0; first < anchors.length; first += 500)
    await app.call("PUT", `${base}/anchors`, { anchors: anchors.slice(first, first + 500) });
};

const start = (app: TestApp, request: object = {}): Promise<Answer> =>
  app.call("POST", `${base}/forecast`, { ...QUICK, ...request });
const started = async (app: TestApp, request: object = {}): Promise<string> => {
  const { status, body } = await start(app, request);
  expect(status).toBe(202);
  return job.parse(body).id;
};
const finished = async (request: object = {}): Promise<ForecastDetail> => {
  expect(await test.service.jobs.settled(await started(test, request))).toMatchObject({ state: "done" });
  return forecast.parse((await test.call("GET", `${base}/forecast`)).body);
};

beforeAll(async () => {
  database = await freshDatabase();
  test = await openTestApp({ database });
});
beforeEach(async () => {
  await test.call("DELETE", base);
  await create(test);
});
afterAll(async () => {
  await test.close();
  await database.drop();
});

describe("a forecast", () => {
  it("measures errors by ever more anchors and forecasts them at two and four times as many", async () => {
    await fill(test, ENOUGH);
    const found = await finished({ target: 0.4, top: 1 });
    expect(found).toMatchObject({ current: true, anchors: ENOUGH, folds: 5, classes: 20, questions: 100 });
    expect(found.growths.map(({ top }) => top)).toEqual([1, 5, 10]);
    for (const { sizes, forecasts } of found.growths) {
      expect(sizes.map(({ anchors }) => anchors)).toEqual([250, 500, 1000, 2000]);
      expect(forecasts.map(({ anchors }) => anchors)).toEqual([4000, 8000]);
    }
    expect(found.target).toMatchObject({ error: 0.4, top: 1 });
    expect(found.advice.top).toBe(1);
    expect(found.advice.sentence).toMatch(/\.$/);
    expect(found.settings).toMatchObject({ method: "asif" });
  });

  it("is not current after a write, and gone once an anchor that it measured is deleted", async () => {
    await fill(test, ENOUGH);
    const { sequence } = await finished();
    const more = { id: "more", text: "more", imageVector: Array(12).fill(1), textVector: Array(9).fill(1) };
    await test.call("PUT", `${base}/anchors`, { anchors: [more] });
    const after = forecast.parse((await test.call("GET", `${base}/forecast`)).body);
    expect(after).toMatchObject({ sequence, current: false });
    await test.call("DELETE", `${base}/anchors/c7-0`);
    expect((await test.call("GET", `${base}/forecast`)).status).toBe(404);
    expect(await runSql("SELECT content, steps FROM forecasts", database.url)).toEqual([
      { content: null, steps: null },
    ]);
  });

  it("is refused while one runs, and a cancelled one leaves nothing", async () => {
    await fill(test, ENOUGH);
    const id = await started(test);
    expect((await start(test)).status).toBe(409);
    expect((await test.call("DELETE", `/v1/jobs/${id}`)).body).toMatchObject({ state: "cancelled" });
    expect((await test.call("GET", `${base}/forecast`)).status).toBe(404);
    expect(await runSql("SELECT pending, steps FROM forecasts", database.url)).toEqual([
      { pending: null, steps: null },
    ]);
  });

  it("says how many anchors or classes are missing", async () => {
    await fill(test, ENOUGH - 5);
    const few = await start(test);
    expect(few.status).toBe(422);
    expect((few.body as { detail: string }).detail).toContain("there are 1995, so 5 are missing");
    const unknown = await start(test, { by: "size" });
    expect([unknown.status, pathsOf(unknown)]).toEqual([422, ["by"]]);
  });

  it.each([0, 1, -0.5, 3])("refuses the target %d", async (target) => {
    const answer = await start(test, { target });
    expect([answer.status, pathsOf(answer)]).toEqual([422, ["target"]]);
  });

  it.each([
    [{ top: 2 }, "top"],
    [{ draws: 0 }, "draws"],
    [{ encoder: "x" }, "encoder"],
  ])("refuses %j", async (request, path) => {
    const answer = await start(test, request);
    expect([answer.status, pathsOf(answer)]).toEqual([400, [path]]);
  });

  it("is not there for a collection that is not there, or that has none", async () => {
    expect((await test.call("POST", "/v1/collections/none/forecast", {})).status).toBe(404);
    expect((await test.call("GET", `${base}/forecast`)).status).toBe(404);
  });
});

describe("a service that stops during a forecast", () => {
  it("goes on at its next start with the steps that are measured", async () => {
    const own = await freshDatabase();
    onTestFinished(() => own.drop());
    const first = await openTestApp({ database: own });
    await create(first);
    await fill(first, ENOUGH);
    const id = await started(first, { target: 0.3, draws: 2 });
    const stepsOf = async (): Promise<number> => {
      const [row] = await runSql(
        "SELECT count(*)::int AS n FROM forecasts, jsonb_object_keys(steps)",
        own.url,
      );
      return (row as { n: number }).n;
    };
    while ((await stepsOf()) < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await first.close();
    const kept = await stepsOf();
    const [measured] = z
      .array(z.object({ steps: z.record(z.string(), z.array(z.number())) }))
      .parse(await runSql("SELECT steps FROM forecasts", own.url));
    const second = await openTestApp({ database: own });
    onTestFinished(() => second.close());
    expect((await second.service.jobs.get(id)).state).toBe("interrupted");
    expect(kept).toBeGreaterThanOrEqual(3);
    expect(kept).toBeLessThan(40);
    await second.features.resume();
    const [running] = await second.service.jobs.list();
    expect(running).toMatchObject({ kind: "forecast", subject: "c" });
    const [after] = z
      .array(z.object({ steps: z.record(z.string(), z.array(z.number())) }))
      .parse(await runSql("SELECT steps FROM forecasts", own.url));
    expect(after?.steps).toMatchObject(measured?.steps ?? {});
    await second.service.jobs.settled(running?.id ?? "");
    const { body } = await second.call("GET", `${base}/forecast`);
    expect(forecast.parse(body)).toMatchObject({ anchors: ENOUGH, target: { error: 0.3 } });
  });
});

describe("npm run forecast", () => {
  it("prints the table and one sentence of advice, and writes the chart and the report", async () => {
    await fill(test, ENOUGH);
    const { url } = await listen(test);
    const root = await temporaryDirectory();
    const given = [
      "--collection",
      "c",
      "--url",
      url,
      "--classes",
      "20",
      "--questions",
      "20",
      "--draws",
      "1",
      "--out",
      root,
    ];
    const { status, stdout, stderr } = await runScript("forecast", given, root);
    expect(stdout).toMatch(/^error of 20 classes that the anchors do not show/);
    expect(stdout).toMatch(/\n4,000 \(forecast\) +\d\.\d{3} \(/);
    expect(stdout).toMatch(/\nadvice: .*\.\n$/);
    expect(stderr).toMatch(/wrote .*growth\.svg/);
    expect(stderr).toMatch(/wrote .*report\.json/);
    expect(status).toBe(0);
  });
});
