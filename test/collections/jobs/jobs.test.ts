import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { openJobs } from "../../../src/collections/jobs/index.ts";
import { type Store, findJob } from "../../../src/store/index.ts";
import { freshDatabase, openTestStore, runSql } from "../../support/postgres.ts";
import { collectingLog, silentLog } from "../../support/log.ts";

const untilAborted = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
  await sleep(60_000, undefined, { signal });
};

describe("a job", () => {
  test("is running until its work is done, with its progress", async () => {
    const store = await openTestStore();
    const jobs = await openJobs(store, silentLog);
    const gate = new EventEmitter();
    const finished = once(gate, "open");
    const job = await jobs.start("sample", "emoji", async ({ progress }) => {
      progress(3, 10);
      await finished;
    });
    expect(job).toMatchObject({
      kind: "sample",
      subject: "emoji",
      state: "running",
      done: 0,
      total: 0,
      error: null,
    });
    expect(await jobs.get(job.id)).toMatchObject({ state: "running", done: 3, total: 10 });
    gate.emit("open");
    const done = await jobs.settled(job.id);
    expect(done).toMatchObject({ state: "done", done: 3, total: 10 });
    expect(await findJob(store, job.id)).toEqual(done);
    expect(await jobs.settled(job.id)).toEqual(done);
    await jobs.close();
  });

  test("writes its progress to Postgres while it runs, and not at every step", async () => {
    const store = await openTestStore();
    let queries = 0;
    const counting: Store = {
      ...store,
      query: (work) => {
        queries += 1;
        return store.query(work);
      },
    };
    const jobs = await openJobs(counting, silentLog);
    const job = await jobs.start("sample", "emoji", async ({ progress }) => {
      for (let done = 1; done <= 500; done++) {
        progress(done, 500);
        await sleep(1);
      }
      while ((await findJob(store, job.id))?.done === 0) await sleep(10);
    });
    expect(await jobs.settled(job.id)).toMatchObject({ state: "done", done: 500 });
    expect(queries).toBeLessThan(20);
    await jobs.close();
  });

  test("that throws has failed, with the error's text", async () => {
    const store = await openTestStore();
    const lines: string[] = [];
    const jobs = await openJobs(store, collectingLog(lines));
    const job = await jobs.start("sample", "emoji", () => Promise.reject(new Error("no space left")));
    expect(await jobs.settled(job.id)).toMatchObject({ state: "failed", error: "no space left" });
    expect(lines).toEqual(["error: job sample of emoji failed: no space left"]);
  });

  test("that is cancelled is waited for; cancelling it again changes nothing", async () => {
    const jobs = await openJobs(await openTestStore(), silentLog);
    const steps: string[] = [];
    const job = await jobs.start("import", "birds", async (context) => {
      await untilAborted(context).catch(() => undefined);
      steps.push("cleaned up");
    });
    const cancelled = await jobs.cancel(job.id);
    expect(steps).toEqual(["cleaned up"]);
    expect(cancelled).toMatchObject({ state: "cancelled", error: null });
    expect(await jobs.cancel(job.id)).toEqual(cancelled);
  });

  test("that runs when the service stops is interrupted, and none starts after", async () => {
    const store = await openTestStore();
    const jobs = await openJobs(store, silentLog);
    const job = await jobs.start("import", "birds", untilAborted);
    await jobs.close();
    expect(await findJob(store, job.id)).toMatchObject({ state: "interrupted", error: null });
    await expect(jobs.start("import", "birds", untilAborted)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("that nobody knows is not found", async () => {
    const jobs = await openJobs(await openTestStore(), silentLog);
    await expect(jobs.get("nobody")).rejects.toMatchObject({ code: "not-found" });
    await expect(jobs.cancel("nobody")).rejects.toMatchObject({ code: "not-found" });
    await expect(jobs.settled("nobody")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("jobs", () => {
  test("are listed newest first", async () => {
    const jobs = await openJobs(await openTestStore(), silentLog);
    for (const subject of ["one", "two", "three"]) {
      await jobs.settled((await jobs.start("import", subject, () => Promise.resolve())).id);
      await sleep(2);
    }
    expect((await jobs.list()).map(({ subject }) => subject)).toEqual(["three", "two", "one"]);
  });

  test("of a dead process of the same installation are interrupted at the next start", async () => {
    const store = await openTestStore();
    const before = await openJobs(store, silentLog);
    const left = await before.start("import", "birds", untilAborted);
    const after = await openJobs(store, silentLog);
    expect(await after.get(left.id)).toMatchObject({ state: "interrupted" });
    await before.close();
  });

  test("of another process on the same database go on, and are only that one's to cancel", async () => {
    const database = await freshDatabase();
    const mine = await openJobs(await openTestStore(database), silentLog);
    const job = await mine.start("import", "birds", untilAborted);
    const theirs = await openJobs(await openTestStore(database), silentLog);
    expect(await theirs.get(job.id)).toMatchObject({ state: "running" });
    await expect(theirs.cancel(job.id)).rejects.toMatchObject({ code: "conflict" });
    expect(await mine.cancel(job.id)).toMatchObject({ state: "cancelled" });
    expect(await theirs.get(job.id)).toMatchObject({ state: "cancelled" });
  });

  test("of another process that has given no sign for minutes are interrupted", async () => {
    const database = await freshDatabase();
    const mine = await openJobs(await openTestStore(database), silentLog);
    const job = await mine.start("import", "birds", untilAborted);
    await runSql("UPDATE jobs SET updated_at = now() - interval '3 minutes'", database.url);
    const theirs = await openJobs(await openTestStore(database), silentLog);
    expect(await theirs.get(job.id)).toMatchObject({ state: "interrupted" });
    await mine.close();
  });
});
