import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { collection } from "../../../src/api/collections.ts";
import { freshDatabase, runSql, type TestDatabase } from "../../support/postgres.ts";
import { anchorsOf, createPictures, encoderFolder, move, moveOf, pictureOf, put } from "./support.ts";
import { remake, startMove, storedIn } from "./support.ts";
import { listen, openTestApp, pathsOf, problemIn, type TestApp } from "../../http/support.ts";

let test: TestApp;
let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
  test = await openTestApp({ folders: [await encoderFolder()], database });
});

afterAll(async () => {
  await test.close();
  await database.drop();
});

/** The collection, without the offer that is measured beside requests. */
const present = async (name: string) => ({
  ...collection.parse((await test.call("GET", `/v1/collections/${name}`)).body),
  autoOffer: undefined,
});

const vectorsBy = async (name: string): Promise<Record<string, number>> => {
  const rows = await runSql<{ id: string; count: string }>(
    `SELECT e.id, count(*) FROM vectors v JOIN encoders e ON e.key = v.encoder_key
     JOIN anchors a ON a.key = v.anchor_key JOIN collections c ON c.key = a.collection
     WHERE c.name = '${name}' GROUP BY e.id`,
    database.url,
  );
  return Object.fromEntries(rows.map(({ id, count }) => [id, Number(count)]));
};

const search = async (name: string, minSequence?: number) => {
  const { status, body } = await test.call("POST", `/v1/collections/${name}/search`, {
    query: { text: "red fox" },
    target: "image",
    limit: 5,
    ...(minSequence === undefined ? {} : { minSequence }),
  });
  expect(status, JSON.stringify(body)).toBe(200);
  const { hits, sequence } = body as { hits: { id: string; score: number }[]; sequence: number };
  return { hits: hits.map(({ id, score }) => [id, Number(score.toFixed(5))]), sequence };
};

describe("moving a collection to another encoder", () => {
  it("gives it the vectors that it would have had from the first, at a sequence of its own", async () => {
    await createPictures(test, "one");
    await put(test, "one", await anchorsOf(130));
    const old = await search("one");
    const moved = await move(test, "one", { imageEncoder: "colour-b", textEncoder: "words-b" });
    expect(moved).toMatchObject({
      from: { imageEncoder: "colour-a", textEncoder: "words-a" },
      to: { imageEncoder: "colour-b", textEncoder: "words-b" },
      apply: "always",
      state: "done",
      appliedAt: 2,
    });
    expect(await present("one")).toMatchObject({
      imageEncoder: "colour-b",
      textEncoder: "words-b",
      anchorCount: 130,
      sequence: 2,
      indexes: { image: { dimension: 3 }, text: { dimension: 4 } },
    });
    await remake(test, "one", "one-again", { imageEncoder: "colour-b", textEncoder: "words-b" });
    expect(await storedIn(test, "one")).toEqual(
      (await storedIn(test, "one-again")).map((anchor) => ({ ...anchor, sequence: 1 })),
    );
    const [here, there] = [await search("one"), await search("one-again")];
    expect(here.hits).toEqual(there.hits);
    expect(here.hits).not.toEqual(old.hits);
    expect(await vectorsBy("one")).toEqual({ "colour-b": 130, "words-b": 130 });
  });

  it("compares both by the same questions first", async () => {
    await createPictures(test, "compared");
    await put(test, "compared", await anchorsOf(130));
    const { evaluation } = await move(test, "compared", { imageEncoder: "colour-b" });
    expect(evaluation).toMatchObject({
      sequence: 1,
      anchors: 130,
      folds: 5,
      classes: 26,
      questions: 130,
      settings: { method: "asif", k: 20, p: 4, transform: "center" },
    });
    const { before, after, better } = evaluation ?? {};
    expect(better).toBe((after?.meanReciprocalRank ?? 0) > (before?.meanReciprocalRank ?? 0));
    expect(before).not.toEqual(after);
    // Of the same vectors the same is measured again.
    const back = await move(test, "compared", { imageEncoder: "colour-a" });
    expect(back.evaluation).toMatchObject({ before: after });
  });

  it("says nothing of which is better where there are few captions, and moves all the same", async () => {
    await createPictures(test, "few");
    await put(test, "few", await anchorsOf(7));
    const moved = await move(test, "few", { imageEncoder: "colour-b" });
    expect(moved).toMatchObject({ evaluation: null, state: "done", appliedAt: 2 });
    const unasked = await move(test, "few", { textEncoder: "words-b", evaluate: false });
    expect(unasked).toMatchObject({ evaluation: null, appliedAt: 3 });
    expect(await search("few")).toMatchObject({ sequence: 3 });
  });

  it("moves an empty collection", async () => {
    await createPictures(test, "empty");
    expect(await move(test, "empty", { textEncoder: "words-b" })).toMatchObject({ appliedAt: 1 });
    await put(test, "empty", await anchorsOf(1));
    expect((await storedIn(test, "empty"))[0]?.textVector).toHaveLength(4);
  });

  it("drops what was fitted and measured under the old encoder", async () => {
    await createPictures(test, "fitted");
    await put(test, "fitted", await anchorsOf(130));
    await search("fitted");
    const base = "/v1/collections/fitted";
    const tuned = await test.call("POST", `${base}/tune`, { folds: 2, methods: ["asif"] });
    await test.service.jobs.settled((tuned.body as { id: string }).id);
    const calibrated = await test.call("POST", `${base}/calibrate`, {});
    await test.service.jobs.settled((calibrated.body as { id: string }).id);
    expect((await test.call("GET", `${base}/calibrations`)).body).toMatchObject({ calibrations: [{}] });
    await move(test, "fitted", { imageEncoder: "colour-b" });
    expect((await test.call("GET", `${base}/tune`)).status).toBe(404);
    expect((await test.call("GET", `${base}/calibrations`)).body).toEqual({ calibrations: [] });
    const { indexes } = await present("fitted");
    expect(indexes.image.transformSequence).toBe(2);
  });
});

describe("a comparison that decides", () => {
  it("leaves the collection where it was, and nothing behind, where it only compares", async () => {
    await createPictures(test, "never");
    await put(test, "never", await anchorsOf(130));
    const [answer, before] = [await search("never"), await present("never")];
    const { evaluation, ...rest } = await move(test, "never", { imageEncoder: "colour-b", apply: "never" });
    expect(evaluation).not.toBeNull();
    expect(rest).toMatchObject({ state: "done", appliedAt: null });
    expect(await present("never")).toEqual(before);
    expect(await search("never")).toEqual(answer);
    expect(await vectorsBy("never")).toEqual({ "colour-a": 130, "words-a": 130 });
  });

  it("moves it only where the other encoder is better", async () => {
    const outcomes = [];
    for (const [from, to] of [
      ["colour-a", "colour-b"],
      ["colour-b", "colour-a"],
    ]) {
      const name = `better-from-${from ?? ""}`;
      await createPictures(test, name, { imageEncoder: from });
      await put(test, name, await anchorsOf(130));
      const { evaluation, appliedAt } = await move(test, name, { imageEncoder: to, apply: "if-better" });
      expect(await present(name)).toMatchObject({ imageEncoder: appliedAt === null ? from : to });
      outcomes.push([evaluation?.better, appliedAt]);
    }
    expect(outcomes).toEqual([
      [false, null],
      [true, 2],
    ]);
  });

  it("needs captions enough, and the evaluation", async () => {
    await createPictures(test, "scarce");
    await put(test, "scarce", await anchorsOf(7));
    const path = "/v1/collections/scarce/reencode";
    const few = await test.call("POST", path, { imageEncoder: "colour-b", apply: "if-better" });
    expect(few.status).toBe(422);
    expect(problemIn(few).detail).toMatch(/20/);
    const blind = await test.call("POST", path, {
      imageEncoder: "colour-b",
      apply: "never",
      evaluate: false,
    });
    expect([blind.status, pathsOf(blind)]).toEqual([400, ["evaluate"]]);
  });
});

describe("a move that is refused", () => {
  beforeAll(async () => {
    await createPictures(test, "refusing");
    await put(test, "refusing", [
      ...(await anchorsOf(3)),
      { id: "bare", text: "red", imageVector: [1, 2, 3] },
      { id: "dumb", image: await pictureOf(5), textVector: [1, 2, 3] },
    ]);
  });
  const path = "/v1/collections/refusing/reencode";

  it.each([
    ["no encoder", {}, 400, "imageEncoder"],
    ["an encoder that is not there", { imageEncoder: "none" }, 400, "imageEncoder"],
    ["one of the other modality", { imageEncoder: "words-b" }, 400, "imageEncoder"],
    ["an external one", { textEncoder: "external-3" }, 422, "textEncoder"],
    ["the one that it has", { textEncoder: "words-a" }, 422, "textEncoder"],
    ["a word that is none of three", { imageEncoder: "colour-b", apply: "maybe" }, 400, "apply"],
    ["a key that is not known", { imageEncoder: "colour-b", soon: true }, 400, "soon"],
    ["an encoder that is no text", { imageEncoder: 3 }, 400, "imageEncoder"],
  ])("for %s", async (_, request, status, at) => {
    const answer = await test.call("POST", path, request);
    expect([answer.status, pathsOf(answer)]).toEqual([status, [at]]);
  });

  it("tells how many anchors have nothing to encode, and which", async () => {
    const image = await test.call("POST", path, { imageEncoder: "colour-b" });
    expect([image.status, pathsOf(image)]).toEqual([422, ["imageEncoder"]]);
    expect(problemIn(image).detail).toBe('1 anchor has no stored image to encode: "bare"');
    const text = await test.call("POST", path, { textEncoder: "words-b" });
    expect(problemIn(text).detail).toBe('1 anchor has no caption to encode: "dumb"');
    expect((await test.call("GET", path)).status).toBe(404);
  });

  it("of a collection that is not there", async () => {
    const none = "/v1/collections/none/reencode";
    expect((await test.call("POST", none, { imageEncoder: "colour-b" })).status).toBe(404);
    expect((await test.call("GET", none)).status).toBe(404);
  });

  it("while one is under way", async () => {
    await createPictures(test, "busy");
    await put(test, "busy", await anchorsOf(200));
    const id = await startMove(test, "busy", { imageEncoder: "colour-b" });
    const again = await test.call("POST", "/v1/collections/busy/reencode", { imageEncoder: "colour-b" });
    expect(again.status).toBe(409);
    await test.service.jobs.settled(id);
  });
});

describe("while a collection moves", () => {
  it("every answer is wholly by the old encoder or wholly by the new, as its sequence says", async () => {
    await createPictures(test, "asked");
    await put(test, "asked", await anchorsOf(200));
    const old = await search("asked");
    const id = await startMove(test, "asked", { imageEncoder: "colour-b", textEncoder: "words-b" });
    const answers = [];
    const ended = test.service.jobs.settled(id).then(() => true);
    do answers.push(await search("asked"));
    while (!(await Promise.race([ended, Promise.resolve(false)])));
    const { appliedAt } = await moveOf(test, "asked");
    const now = await search("asked");
    expect(now).toMatchObject({ sequence: appliedAt });
    expect(now.hits).not.toEqual(old.hits);
    for (const answer of answers) expect(answer).toEqual(answer.sequence < (appliedAt ?? 0) ? old : now);
    expect(answers.length).toBeGreaterThan(5);
  });

  it("writes go on, and have the new encoder's vectors in the end", async () => {
    await createPictures(test, "written");
    const anchors = await anchorsOf(220);
    await put(test, "written", anchors.slice(0, 200));
    const id = await startMove(test, "written", { imageEncoder: "colour-b", textEncoder: "words-b" });
    const ended = test.service.jobs.settled(id).then(() => true);
    const written: string[] = [];
    const gone: string[] = [];
    for (let i = 0; !(await Promise.race([ended, Promise.resolve(false)])); i++) {
      const anchor = { ...(anchors[200 + (i % 20)] ?? {}), id: `late${i % 20}` };
      await put(test, "written", [anchor]);
      if (!written.includes(anchor.id)) written.push(anchor.id);
      if (i < 50) {
        gone.push(`a${String(i).padStart(4, "0")}`);
        const deleted = await test.call("DELETE", `/v1/collections/written/anchors/${gone.at(-1) ?? ""}`);
        expect(deleted.status).toBe(200);
        // Read your writes, whichever memory answers.
        const { sequence } = deleted.body as { sequence: number };
        expect((await search("written")).sequence).toBeGreaterThanOrEqual(sequence);
      }
    }
    expect(await test.service.jobs.get(id)).toMatchObject({ state: "done", error: null });
    expect(written.length).toBeGreaterThan(0);
    const stored = await storedIn(test, "written");
    expect(stored.map((anchor) => anchor.id)).toEqual(
      [...anchors.slice(0, 200).map((anchor) => anchor.id), ...written]
        .filter((name) => !gone.includes(name))
        .sort(),
    );
    await remake(test, "written", "written-again", { imageEncoder: "colour-b", textEncoder: "words-b" });
    const expected = await storedIn(test, "written-again");
    stored.forEach(({ id: name, textVector, imageVector }, i) => {
      expect([name, textVector]).toEqual([expected[i]?.id, expected[i]?.textVector]);
      expect(imageVector).toEqual(expected[i]?.imageVector);
    });
    const { hits } = await search("written", (await present("written")).sequence);
    expect(hits.every(([name]) => !gone.includes(String(name)))).toBe(true);
  });

  it("nothing of what is deleted meanwhile stays in the new memory", async () => {
    await createPictures(test, "forgotten");
    await put(test, "forgotten", await anchorsOf(200));
    const id = await startMove(test, "forgotten", { imageEncoder: "colour-b", textEncoder: "words-b" });
    const ended = test.service.jobs.settled(id).then(() => true);
    const deletions: number[] = [];
    for (let i = 0; i < 40 && !(await Promise.race([ended, Promise.resolve(false)])); i++) {
      const path = `/v1/collections/forgotten/anchors/a${String(i).padStart(4, "0")}`;
      deletions.push(((await test.call("DELETE", path)).body as { sequence: number }).sequence);
    }
    await ended;
    const { appliedAt } = await moveOf(test, "forgotten");
    const { anchorCount, indexes } = await present("forgotten");
    const later = deletions.filter((sequence) => sequence > (appliedAt ?? 0)).length;
    expect(indexes.image.tombstones).toBeLessThanOrEqual(later);
    expect(anchorCount).toBe(200 - deletions.length);
  });

  it("fails and leaves all as it was where an anchor is written that cannot be encoded", async () => {
    await createPictures(test, "spoilt");
    await put(test, "spoilt", await anchorsOf(300));
    const id = await startMove(test, "spoilt", { imageEncoder: "colour-b" });
    await put(test, "spoilt", [{ id: "bare", text: "red", imageVector: [1, 2, 3] }]);
    expect(await test.service.jobs.settled(id)).toMatchObject({
      state: "failed",
      error: '1 anchor has no stored image to encode: "bare"',
    });
    expect(await moveOf(test, "spoilt")).toMatchObject({ state: "failed", appliedAt: null });
    expect(await vectorsBy("spoilt")).toEqual({ "colour-a": 301, "words-a": 301 });
    expect(await present("spoilt")).toMatchObject({ imageEncoder: "colour-a", sequence: 2 });
  });

  it("can be cancelled, which leaves the old as it was and nothing half-made", async () => {
    await createPictures(test, "cancelled");
    await put(test, "cancelled", await anchorsOf(300));
    const [answer, before] = [await search("cancelled"), await present("cancelled")];
    const id = await startMove(test, "cancelled", { imageEncoder: "colour-b", textEncoder: "words-b" });
    while ((await test.service.jobs.get(id)).done === 0) await new Promise(setImmediate);
    const cancelled = await test.call("DELETE", `/v1/jobs/${id}`);
    expect(cancelled.body).toMatchObject({ kind: "reencode", subject: "cancelled", state: "cancelled" });
    expect(await moveOf(test, "cancelled")).toMatchObject({
      state: "cancelled",
      appliedAt: null,
      endedAt: expect.any(Date) as Date,
    });
    expect(await vectorsBy("cancelled")).toEqual({ "colour-a": 300, "words-a": 300 });
    expect(await present("cancelled")).toEqual(before);
    expect(await search("cancelled")).toEqual(answer);
  });

  it("ends where the collection is deleted", async () => {
    await createPictures(test, "deleted");
    await put(test, "deleted", await anchorsOf(300));
    const id = await startMove(test, "deleted", { imageEncoder: "colour-b" });
    await test.call("DELETE", "/v1/collections/deleted");
    expect(await test.service.jobs.settled(id)).toMatchObject({ state: "failed" });
    expect((await test.call("GET", "/v1/collections/deleted/reencode")).status).toBe(404);
  });
});

describe("the client", () => {
  it("starts a move and tells how it went", async () => {
    await createPictures(test, "client");
    await put(test, "client", await anchorsOf(3));
    const c = createClient({ url: (await listen(test)).url }).collection("client");
    const { id } = await c.reencode({ imageEncoder: "colour-b" });
    await test.service.jobs.settled(id);
    expect(await c.getReencoding()).toMatchObject({ state: "done", appliedAt: 2 });
  });
});
