import { findCollection } from "../../../src/store/index.ts";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { collection } from "../../../src/api/collections.ts";
import type { CollectionName } from "../../../src/types.ts";
import { freshDatabase, runSql, temporaryDirectory, type TestDatabase } from "../../support/postgres.ts";
import {
  anchorsOf,
  createPictures,
  encoderFolder,
  move,
  moveOf,
  put,
  remake,
  startMove,
  storedIn,
} from "./support.ts";
import { openTestApp, type TestApp } from "../../http/support.ts";

const WITHIN = { timeout: 20_000, interval: 20 };
const BOTH = { imageEncoder: "colour-b", textEncoder: "words-b" } as const;
/** What is fitted on many anchors may lag behind, in each process by itself. */
const EXACT = { transform: "none" } as const;
const base = "/v1/collections/c";

const open = async (database: TestDatabase, folder: string, indexDirectory?: string): Promise<TestApp> => {
  const test = await openTestApp({
    folders: [folder],
    database,
    ...(indexDirectory === undefined ? {} : { indexDirectory }),
  });
  onTestFinished(() => test.close());
  return test;
};

const present = async (test: TestApp) => collection.parse((await test.call("GET", base)).body);

const hitsOf = async (test: TestApp, minSequence?: number | null) => {
  const { status, body } = await test.call("POST", `${base}/search`, {
    query: { text: "red fox" },
    target: "image",
    limit: 5,
    ...(typeof minSequence === "number" ? { minSequence } : {}),
  });
  expect(status, JSON.stringify(body)).toBe(200);
  const { hits, sequence } = body as { hits: { id: string; score: number }[]; sequence: number };
  return { hits: hits.map(({ id, score }) => [id, Number(score.toFixed(5))]), sequence };
};

const vectorsOf = async (database: TestDatabase): Promise<Record<string, number>> => {
  const rows = await runSql<{ id: string; count: string }>(
    "SELECT e.id, count(*) FROM vectors v JOIN encoders e ON e.key = v.encoder_key GROUP BY e.id",
    database.url,
  );
  return Object.fromEntries(rows.map(({ id, count }) => [id, Number(count)]));
};

describe("another process on the same Postgres", () => {
  it("follows a move: it answers by the old encoders until it answers by the new", async () => {
    const [database, folder] = [await freshDatabase(), await encoderFolder()];
    const mover = await open(database, folder);
    const follower = await open(database, folder);
    await createPictures(mover, "c");
    const sequence = await put(mover, "c", await anchorsOf(200));
    const old = await hitsOf(follower, sequence);
    const id = await startMove(mover, "c", BOTH);
    const answers = [];
    const ended = mover.service.jobs.settled(id).then(() => true);
    do answers.push(await hitsOf(follower));
    while (!(await Promise.race([ended, Promise.resolve(false)])));
    const { appliedAt } = await moveOf(mover, "c");
    const now = await hitsOf(follower, appliedAt);
    expect(now).toEqual(await hitsOf(mover));
    expect(now.hits).not.toEqual(old.hits);
    for (const answer of answers) expect(answer).toEqual(answer.sequence < (appliedAt ?? 0) ? old : now);
    expect(await present(follower)).toMatchObject(BOTH);
  });

  it("may write during a move, and what it writes is encoded anew", async () => {
    const [database, folder] = [await freshDatabase(), await encoderFolder()];
    const mover = await open(database, folder);
    const writer = await open(database, folder);
    await createPictures(mover, "c", EXACT);
    const anchors = await anchorsOf(230);
    await hitsOf(writer, await put(mover, "c", anchors.slice(0, 200)));
    const id = await startMove(mover, "c", BOTH);
    const ended = mover.service.jobs.settled(id).then(() => true);
    let written = 200;
    for (; written < 230 && !(await Promise.race([ended, Promise.resolve(false)])); written++) {
      const sequence = await put(writer, "c", [anchors[written]]);
      // Its own writes it reads in the very next request.
      expect((await hitsOf(writer)).sequence).toBeGreaterThanOrEqual(sequence);
    }
    const gone = await writer.call("POST", `${base}/anchors/delete`, { ids: ["a0003"] });
    expect(gone.status).toBe(200);
    expect(await mover.service.jobs.settled(id)).toMatchObject({ state: "done", error: null });
    const last = await put(writer, "c", [{ ...anchors[0], id: "after" }]);
    expect((await hitsOf(mover, last)).hits).toEqual((await hitsOf(writer)).hits);
    const stored = await storedIn(writer, "c");
    expect(stored).toHaveLength(written);
    expect(new Set(stored.map(({ textVector }) => textVector.length))).toEqual(new Set([4]));
    expect(await vectorsOf(database)).toEqual({ "colour-b": written, "words-b": written });
  });
});

describe("a move that is interrupted", () => {
  it("goes on at the next start, and makes nothing again that it has made", async () => {
    const [database, folder] = [await freshDatabase(), await encoderFolder()];
    const first = await open(database, folder);
    await createPictures(first, "c");
    await put(first, "c", await anchorsOf(400));
    const id = await startMove(first, "c", BOTH);
    await vi.waitFor(async () => expect((await first.service.jobs.get(id)).done).toBeGreaterThan(0), WITHIN);
    await first.service.jobs.close();
    expect(await first.service.jobs.get(id)).toMatchObject({ state: "interrupted" });
    const made = await vectorsOf(database);
    expect(made["colour-b"]).toBeGreaterThan(0);
    expect(made["words-b"] ?? 0).toBeLessThan(400);
    await runSql(
      "CREATE TABLE kept AS SELECT anchor_key, encoder_key, ctid AS place FROM vectors",
      database.url,
    );
    await first.close();

    const second = await open(database, folder);
    expect(await present(second)).toMatchObject({ imageEncoder: "colour-a", anchorCount: 400 });
    await second.features.resume();
    const [job] = await second.service.jobs.list();
    expect(await second.service.jobs.settled(job?.id ?? "")).toMatchObject({
      kind: "reencode",
      state: "done",
    });
    expect(await moveOf(second, "c")).toMatchObject({ state: "done", appliedAt: 2 });
    expect(await vectorsOf(database)).toEqual({ "colour-b": 400, "words-b": 400 });
    const again = await runSql(
      `SELECT 1 FROM kept k JOIN vectors v USING (anchor_key, encoder_key) WHERE k.place <> v.ctid`,
      database.url,
    );
    expect(again).toEqual([]);
    await remake(second, "c", "again", BOTH);
    expect((await storedIn(second, "c")).map(({ imageVector }) => imageVector)).toEqual(
      (await storedIn(second, "again")).map(({ imageVector }) => imageVector),
    );
    await second.features.resume();
    expect((await second.service.jobs.list()).filter(({ state }) => state === "running")).toEqual([]);
  });

  it.each(["interrupted", "failed"])(
    "erases at the next start what one that %s did not erase",
    async (state) => {
      const [database, folder] = [await freshDatabase(), await encoderFolder()];
      const test = await open(database, folder);
      await createPictures(test, "c");
      await put(test, "c", await anchorsOf(5));
      await move(test, "c", { imageEncoder: "colour-b" });
      // As a process leaves it that is killed between the move and the erasing.
      await runSql(
        `INSERT INTO vectors SELECT v.anchor_key, e.key, v.data FROM vectors v, encoders e
       WHERE e.id = 'colour-a' AND v.encoder_key = (SELECT key FROM encoders WHERE id = 'colour-b')`,
        database.url,
      );
      await runSql("UPDATE reencodings SET state = 'switched', ended_at = NULL", database.url);
      await runSql(`UPDATE jobs SET state = '${state}'`, database.url);
      await test.features.resume();
      await vi.waitFor(async () => expect(await moveOf(test, "c")).toMatchObject({ state: "done" }), WITHIN);
      expect(await vectorsOf(database)).toEqual({ "colour-b": 5, "words-a": 5 });
      expect(await moveOf(test, "c")).toMatchObject({ appliedAt: 2 });
    },
  );

  it("gives way to another that is asked for, and leaves nothing of itself", async () => {
    const [database, folder] = [await freshDatabase(), await encoderFolder()];
    const test = await open(database, folder);
    await createPictures(test, "c");
    await put(test, "c", await anchorsOf(300));
    const id = await startMove(test, "c", { imageEncoder: "colour-b" });
    await vi.waitFor(async () => expect((await test.service.jobs.get(id)).done).toBeGreaterThan(0), WITHIN);
    await test.close();
    const next = await open(database, folder);
    await move(next, "c", { textEncoder: "words-b" });
    expect(await vectorsOf(database)).toEqual({ "colour-a": 300, "words-b": 300 });
  });
});

describe("snapshots of a collection that moves", () => {
  it("are of the new encoder from the move on, and one of the old is never served", async () => {
    const [database, folder] = [await freshDatabase(), await encoderFolder()];
    const indexes = await temporaryDirectory();
    const first = await open(database, folder, indexes);
    await createPictures(first, "c", EXACT);
    const anchors = await anchorsOf(1_100);
    for (let at = 0; at < 1_100; at += 550) await put(first, "c", anchors.slice(at, at + 550));
    await first.close();
    const key =
      (await findCollection(first.service.store, "c" as CollectionName).catch(() => null))?.key ?? 1;
    const files = (): Promise<string[]> => readdir(join(indexes, String(key)));
    expect(await files()).toHaveLength(1);

    // Another process, which has no place for files, moves it meanwhile.
    const mover = await open(database, folder);
    await move(mover, "c", BOTH);
    const now = await hitsOf(mover);
    const second = await open(database, folder, indexes);
    expect(await hitsOf(second)).toEqual(now);
    expect(second.logged.join("\n")).toMatch(
      /is not used and deleted, for its image vectors are of another encoder/,
    );
    await second.close();
    expect(await files()).toHaveLength(1);

    const third = await open(database, folder, indexes);
    expect(await hitsOf(third)).toEqual(now);
    expect(third.logged.join("\n")).toMatch(/1100 anchors loaded from a snapshot/);
    const back = await move(third, "c", { imageEncoder: "colour-a", evaluate: false });
    await third.close();
    const fourth = await open(database, folder, indexes);
    expect(await hitsOf(fourth, back.appliedAt)).toEqual(await hitsOf(mover, back.appliedAt));
    expect(fourth.logged.join("\n")).toMatch(/loaded from a snapshot/);
  });
});
