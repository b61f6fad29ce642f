import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapterBody } from "../../../../src/features/epalm/api/adapters.ts";
import { job } from "../../../../src/api/service.ts";
import { pathsOf } from "../../../http/support.ts";
import { writeTinyDecoder } from "../../../support/tiny-decoder.ts";
import { openEyesApp, type EyesApp } from "./eyes-app.ts";

const TRAIN = "/v1/adapters/train";

let test: EyesApp;

beforeAll(async () => {
  test = await openEyesApp();
  await writeTinyDecoder(join(test.folder, "tiny"));
  await test.fill("c", 24);
});

afterAll(() => test.close());

const request = { collection: "c", rows: "captions", decoder: "tiny", batch: 8, epochs: 3 };

const trained = async (body: object) => {
  const { status, body: started } = await test.call("POST", TRAIN, { ...request, ...body });
  expect([status, started]).toMatchObject([202, { kind: "train-adapter", subject: "c", detail: null }]);
  const ended = await test.service.jobs.settled(job.parse(started).id);
  expect(ended).toMatchObject({ state: "done", error: null });
  return ended;
};

describe("training an adapter", () => {
  it("lowers the loss on the captions, registers what came of it, and does so again the same", async () => {
    const { detail, done, total } = await trained({ id: "captions", epochs: 6 });
    expect(done).toBe(total);
    expect(detail).toMatchObject({ stage: "done", adapter: { id: "captions", version: 1 } });
    const told = adapterBody.parse((await test.call("GET", "/v1/adapters/captions")).body);
    expect(told).toMatchObject({ collection: "c", sequence: 1, settings: { decoder: { id: "tiny" } } });
    const { training } = told.settings;
    expect(training).toMatchObject({ rows: 22, validationRows: 2, batch: 8 });
    const losses = training?.curve.map(({ loss }) => loss) ?? [];
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    await trained({ id: "again", epochs: 6 });
    expect((await test.call("GET", "/v1/adapters/again")).body).toMatchObject({ sha256: told.sha256 });
    const { body } = await test.call("POST", "/v1/generate", {
      collection: "c",
      adapter: "captions",
      input: { anchor: "a01" },
      maxTokens: 4,
    });
    expect(body).toMatchObject({ adapter: { id: "captions", version: 1 } });
  });

  it("takes questions and answers, other methods and settings", async () => {
    const rows = ["a00", "a01", "a00"].map((anchor) => ({ anchor, question: "What is it", answer: "a red" }));
    await trained({
      id: "asked",
      rows,
      method: "limber",
      prompt: 1,
      shared: false,
      validation: 0,
      epochs: 1,
      schedule: "authors",
    });
    expect((await test.call("GET", "/v1/adapters/asked")).body).toMatchObject({
      settings: {
        vision: { kind: "limber", vectors: 2 },
        shape: { prompt: 1, shared: false },
        training: { rows: 3, validationRows: 0, epochs: 1, schedule: "authors" },
      },
    });
  });

  it("can be cancelled, and then leaves no adapter", async () => {
    const { body } = await test.call("POST", TRAIN, { ...request, id: "given-up", epochs: 1_000 });
    const { id } = job.parse(body);
    expect((await test.call("POST", TRAIN, { ...request, id: "other" })).status).toBe(409);
    expect((await test.call("DELETE", `/v1/jobs/${id}`)).body).toMatchObject({ state: "cancelled" });
    expect((await test.call("GET", "/v1/adapters/given-up")).status).toBe(404);
  });

  it.each([
    ["a collection that is not there", { collection: "d" }, 404, []],
    ["a decoder that is not there", { decoder: "large" }, 404, []],
    ["an anchor that is not there", { rows: [{ anchor: "b", answer: "a" }] }, 400, ["rows.0.anchor"]],
    ["a blank answer", { rows: [{ anchor: "a01", answer: " " }] }, 400, ["rows.0.answer"]],
    ["no rows", { rows: [] }, 400, ["rows"]],
    ["layers that are not there", { layers: ["pixel"] }, 400, ["layers.0"]],
    ["a mode beside limber", { method: "limber", mode: "legacy" }, 400, ["mode"]],
    ["too large a batch", { batch: 257 }, 400, ["batch"]],
    ["a rate of 0", { rates: { connection: 0, prompt: 1 } }, 400, ["rates.connection"]],
  ])("refuses %s", async (_, body, status, paths) => {
    const answer = await test.call("POST", TRAIN, { ...request, id: "refused", ...body });
    expect([answer.status, pathsOf(answer)]).toEqual([status, paths]);
  });

  it("takes an adapter away with its collection", async () => {
    await test.call("DELETE", "/v1/collections/c");
    expect((await test.call("GET", "/v1/adapters/captions")).status).toBe(404);
    expect(test.logged).toEqual([]);
  });
});
