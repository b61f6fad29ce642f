import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { collection } from "../../../src/api/collections.ts";
import { job } from "../../../src/api/service.ts";
import { tuning } from "../../../src/features/tuning/api.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { listen, openTestApp, pathsOf, problemIn, type TestApp } from "../../http/support.ts";

const base = "/v1/collections/c";
const QUICK = { folds: 2, methods: ["asif"], transforms: ["none", "center"] };

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(async () => {
  await test.call("DELETE", base);
  await test.call("POST", "/v1/collections", {
    name: "c",
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
    asif: { k: 800, p: 8 },
  });
});

afterAll(() => test.close());

const fill = async (concepts: number): Promise<void> => {
  const anchors = conceptAnchors(concepts, 2, { shift: 3 }).map(
    ({ id, caption, metadata, imageVector, textVector }) => ({
      id,
      ...(caption === null ? {} : { text: caption }),
      metadata,
      imageVector: [...imageVector],
      textVector: [...textVector],
    }),
  );
  await test.call("PUT", `${base}/anchors`, { anchors });
};

const started = async (request: object) => {
  const { status, body, headers } = await test.call("POST", `${base}/tune`, request);
  expect(status).toBe(202);
  const { id } = job.parse(body);
  expect(headers.get("location")).toBe(`/v1/jobs/${id}`);
  return id;
};

const finished = async (request: object) => {
  const id = await started(request);
  expect(await test.service.jobs.settled(id)).toMatchObject({ state: "done", error: null });
  return tuning.parse((await test.call("GET", `${base}/tune`)).body);
};

/** Without what is measured in the background meanwhile. */
const present = async () => ({
  ...collection.parse((await test.call("GET", base)).body),
  autoOffer: undefined,
});

describe("tuning a collection", () => {
  it("is a job whose finding is kept, with all that was tried, and not applied", async () => {
    await fill(24);
    // What `auto` would bring is measured meanwhile.
    const settled = async () => ({ ...(await present()), autoOffer: undefined });
    const before = await settled();
    const found = await finished(QUICK);
    expect(found).toMatchObject({ sequence: 1, anchors: 48, folds: 2, appliedAt: null, complete: true });
    expect(found.trials.length).toBeGreaterThan(20);
    expect(found.before).toMatchObject({ method: "asif", k: 800, p: 8, transform: "none" });
    expect(await settled()).toEqual(before);
  });

  it("changes what queries are answered by where it is asked to, at a sequence of its own", async () => {
    await fill(24);
    const { chosen, appliedAt } = await finished({ ...QUICK, apply: true });
    const { k, p, transform, method, ensemble } = chosen;
    expect(await present()).toMatchObject({ asif: { k, p }, transform, method, ensemble, sequence: 2 });
    expect(appliedAt).toBe(2);
  });

  it("is refused while one runs, and can be cancelled, which changes nothing", async () => {
    await fill(60);
    const id = await started({ folds: 10, repeats: 10, apply: true });
    const again = await test.call("POST", `${base}/tune`, {});
    expect(again.status).toBe(409);
    const cancelled = await test.call("DELETE", `/v1/jobs/${id}`);
    expect(cancelled.body).toMatchObject({ kind: "tune", subject: "c", state: "cancelled" });
    expect((await test.call("GET", `${base}/tune`)).status).toBe(404);
    expect(await present()).toMatchObject({ asif: { k: 800, p: 8 }, sequence: 1 });
  });

  it("is refused once where two ask at once", async () => {
    await fill(24);
    const answers = await Promise.all([1, 2].map(() => test.call("POST", `${base}/tune`, QUICK)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    const { id } = job.parse(answers.find(({ status }) => status === 202)?.body);
    await test.service.jobs.settled(id);
  });

  it("goes on while anchors are written, and tells the sequence that it was measured at", async () => {
    await fill(24);
    const id = await started(QUICK);
    await test.call("DELETE", `${base}/anchors/c0-0`);
    await test.service.jobs.settled(id);
    expect((await test.call("GET", `${base}/tune`)).body).toMatchObject({ sequence: 1, anchors: 48 });
    expect(await present()).toMatchObject({ anchorCount: 47, sequence: 2 });
  });

  it("ends as failed where its collection is deleted", async () => {
    await fill(40);
    const id = await started({});
    await test.call("DELETE", base);
    expect(await test.service.jobs.settled(id)).toMatchObject({ state: "failed" });
  });

  it.each([0, 1, 19])("is refused with %i captions", async (captions) => {
    if (captions > 0) await fill(captions);
    const answer = await test.call("POST", `${base}/tune`, {});
    expect(answer.status).toBe(422);
    expect(problemIn(answer).detail).toMatch(/20/);
    const byField = await test.call("POST", `${base}/tune`, { by: "kind" });
    expect([byField.status, pathsOf(byField)]).toEqual([422, ["by"]]);
  });

  it.each([
    [{ folds: 1 }, "folds"],
    [{ methods: [] }, "methods"],
    [{ methods: ["psychic"] }, "methods.0"],
    [{ objective: "luck" }, "objective"],
    [{ budgetSeconds: 0 }, "budgetSeconds"],
    [{ by: 3 }, "by"],
  ])("refuses %j", async (request, path) => {
    const answer = await test.call("POST", `${base}/tune`, request);
    expect([answer.status, pathsOf(answer)]).toEqual([400, [path]]);
  });

  it("is of the anchors of a sequence at least, where it is asked to", async () => {
    await fill(24);
    const found = await finished({ ...QUICK, minSequence: 1 });
    expect(found).toMatchObject({ sequence: 1, objective: "meanReciprocalRank" });
  });

  it("knows nothing of a collection that is not there, nor of one that was never tuned", async () => {
    expect((await test.call("POST", "/v1/collections/none/tune", {})).status).toBe(404);
    expect((await test.call("GET", "/v1/collections/none/tune")).status).toBe(404);
    expect((await test.call("GET", `${base}/tune`)).status).toBe(404);
  });

  it("is had by the client, too", async () => {
    await fill(24);
    const c = createClient({ url: (await listen(test)).url }).collection("c");
    const { id } = await c.tune({ folds: 2, methods: ["asif"], transforms: ["none"] });
    await test.service.jobs.settled(id);
    expect(await c.getTuning()).toMatchObject({ folds: 2, by: null });
    expect(await c.update({ asif: { k: 7 } })).toMatchObject({ asif: { k: 7, p: 8 } });
  });
});

describe("changing a collection", () => {
  it("changes what is given, at a new sequence, and queries go by it", async () => {
    await fill(24);
    const changed = await test.call("PATCH", base, { asif: { k: 3 }, transform: "center", ensemble: "mean" });
    expect(collection.parse(changed.body)).toMatchObject({
      asif: { k: 3, p: 8 },
      transform: "center",
      method: "asif",
      ensemble: "mean",
      sequence: 2,
      indexes: { image: { transform: "center", sequence: 2 } },
    });
    const relative = await test.call("POST", `${base}/relative`, {
      inputs: [{ anchor: "c0-0" }],
      modality: "image",
    });
    expect(relative.body).toMatchObject({ sequence: 2, plan: { k: 3, transform: "center" } });
  });

  it.each([
    [{ asif: { k: 0 } }, ["asif.k"]],
    [{ transform: "twist" }, ["transform"]],
    [{ name: "d" }, ["name"]],
    [{ rank: 0 }, ["rank"]],
  ])("refuses %j", async (change, paths) => {
    const answer = await test.call("PATCH", base, change);
    expect([answer.status, pathsOf(answer)]).toEqual([400, paths]);
    expect(await present()).toMatchObject({ sequence: 0 });
  });

  it.each([{}, { asif: {} }])("writes nothing for %j", async (change) => {
    const answer = await test.call("PATCH", base, change);
    expect(collection.parse(answer.body)).toMatchObject({ asif: { k: 800, p: 8 }, sequence: 0 });
  });

  it("is a write: the next one has the next sequence", async () => {
    await test.call("PATCH", base, { asif: { p: 2 } });
    await fill(1);
    expect(await present()).toMatchObject({ asif: { k: 800, p: 2 }, sequence: 2, anchorCount: 2 });
  });

  it("answers 404 where there is no such collection", async () => {
    expect((await test.call("PATCH", "/v1/collections/none", { asif: { k: 3 } })).status).toBe(404);
  });
});
