import { describe, expect, test, vi } from "vitest";
import type { AnchorId, Sequence } from "../../src/types.ts";
import { freshDatabase, runSql, type TestDatabase } from "../support/postgres.ts";
import { BIRDS, bird, createBirds, found, openPeer, type Peer } from "./processes.ts";

const openTwo = async (): Promise<{ database: TestDatabase; writer: Peer; reader: Peer }> => {
  const database = await freshDatabase();
  const writer = await openPeer(database);
  const reader = await openPeer(database);
  await createBirds(writer);
  return { database, writer, reader };
};

const WITHIN = { timeout: 10_000 };

describe("two processes on one Postgres", () => {
  test("read each other's writes by minSequence at once", async () => {
    const { writer, reader } = await openTwo();
    for (let i = 0; i < 20; i++) {
      const [from, to] = i % 2 === 0 ? [writer, reader] : [reader, writer];
      const { sequence } = await from.collections.putAnchors(BIRDS, [
        bird(`b${String(i).padStart(2, "0")}`, i),
      ]);
      expect((await found(to, sequence)).length).toBe(i + 1);
    }
    const { sequence } = await reader.collections.deleteAnchors(BIRDS, { ids: ["b03"] as AnchorId[] });
    expect(await found(writer, sequence)).not.toContain("b03");
  });

  test("miss nothing of each other where they delete what is not there", async () => {
    const { writer, reader } = await openTwo();
    for (let i = 0; i < 10; i++) {
      const [{ sequence }] = await Promise.all([
        writer.collections.putAnchors(BIRDS, [bird(`b${i}`, i)]),
        reader.collections.deleteAnchors(BIRDS, { ids: ["nobody"] as AnchorId[] }),
      ]);
      expect((await found(reader, sequence)).length).toBe(i + 1);
    }
  });

  test("follow each other without being asked", async () => {
    const { writer, reader } = await openTwo();
    await writer.collections.putAnchors(BIRDS, [bird("owl"), bird("hen")]);
    await vi.waitFor(async () => expect(await found(reader)).toEqual(["hen", "owl"]), WITHIN);
    await writer.collections.deleteAnchors(BIRDS, { ids: ["owl"] as AnchorId[] });
    await vi.waitFor(async () => expect(await found(reader)).toEqual(["hen"]), WITHIN);
  });

  test("see collections come and go, also under a name that is taken again", async () => {
    const { writer, reader } = await openTwo();
    await vi.waitFor(async () => expect(await found(reader)).toEqual([]), WITHIN);
    const { sequence } = await writer.collections.putAnchors(BIRDS, [bird("owl")]);
    expect(await found(reader, sequence)).toEqual(["owl"]);
    await writer.collections.remove(BIRDS);
    await vi.waitFor(() => expect(found(reader)).rejects.toMatchObject({ code: "not-found" }), WITHIN);
    await createBirds(writer);
    await writer.collections.putAnchors(BIRDS, [bird("hen")]);
    await vi.waitFor(async () => expect(await found(reader)).toEqual(["hen"]), WITHIN);
  });

  test("answer alike after writes to the same anchors from both sides at once", async () => {
    const { writer, reader } = await openTwo();
    const last = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const { collections } = i % 2 === 0 ? writer : reader;
        const ids = [`n${i % 5}`] as AnchorId[];
        return i % 7 === 3
          ? (await collections.deleteAnchors(BIRDS, { ids })).sequence
          : (
              await collections.putAnchors(
                BIRDS,
                ids.map((id) => bird(id, i)),
              )
            ).sequence;
      }),
    );
    const minSequence = Math.max(...last) as Sequence;
    const query = {
      query: { vector: [0.3, 1, 0.5], modality: "image" },
      target: "image",
      minSequence,
    } as const;
    const one = await writer.collections.search(BIRDS, query);
    const other = await reader.collections.search(BIRDS, query);
    expect(one.hits).toEqual(other.hits);
    expect(one.sequence).toBe(other.sequence);
  });
});

describe("the connection that hears of writes", () => {
  const kill = (database: TestDatabase) =>
    runSql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'anchorage news' AND datname = current_database()`,
      database.url,
    );

  test("is made again when it is killed, and misses nothing", async () => {
    const { database, writer, reader } = await openTwo();
    await vi.waitFor(async () => expect((await kill(database)).length).toBe(2), WITHIN);
    await writer.collections.putAnchors(BIRDS, [bird("owl")]);
    await vi.waitFor(async () => expect(await found(reader)).toEqual(["owl"]), WITHIN);
    await vi.waitFor(async () => expect((await kill(database)).length).toBe(2), WITHIN);
  });
});

describe("minSequence", () => {
  test("that is not reached is told of after a bounded wait", async () => {
    const { writer } = await openTwo();
    await expect(found(writer, 3 as Sequence)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/is at 0 here and did not reach 3 within 5 s/) as string,
    });
  });

  test("is waited for until another process has written it", async () => {
    const { writer, reader } = await openTwo();
    const waiting = found(reader, 1 as Sequence);
    await writer.collections.putAnchors(BIRDS, [bird("owl")]);
    expect(await waiting).toEqual(["owl"]);
  });
});

describe("writes that are no longer on record", () => {
  test("are made up for by reading the collection anew", async () => {
    const { database, writer, reader } = await openTwo();
    await reader.collections.get(BIRDS);
    // As a writer does who keeps no record of the change and tells nobody.
    await writer.collections.putAnchors(BIRDS, [bird("owl")]);
    await vi.waitFor(async () => expect(await found(reader)).toEqual(["owl"]), WITHIN);
    await runSql("UPDATE anchors SET caption = 'another'", database.url);
    await runSql("UPDATE collections SET sequence = sequence + 1", database.url);
    await vi.waitFor(async () => {
      const { hits, sequence } = await reader.collections.search(BIRDS, {
        query: { vector: [1, 1, 0.5], modality: "image" },
        target: "image",
      });
      expect([sequence, hits[0]?.text]).toEqual([2, "another"]);
    }, WITHIN);
    expect(reader.logged.join("\n")).toMatch(/no longer on record/);
  });
});
