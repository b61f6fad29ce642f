import { describe, expect, it } from "vitest";
import type { AnchorId, Sequence } from "../../src/types.ts";
import { freshDatabase, runSql } from "../support/postgres.ts";
import { BIRDS, bird, createBirds, found, openPeer } from "./processes.ts";

const openOne = async () => {
  const peer = await openPeer(await freshDatabase());
  await createBirds(peer);
  return peer;
};

describe("writes that wait together", () => {
  it("are committed together, each with its own answer and sequence", async () => {
    const { collections } = await openOne();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => collections.putAnchors(BIRDS, [bird(`b${i}`, i)])),
    );
    expect(answers.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
    for (const [i, { sequence }] of answers.entries())
      expect(await collections.getAnchor(BIRDS, `b${i}` as AnchorId)).toMatchObject({ sequence });
  });

  it("keep the last of two writes to one anchor", async () => {
    const { collections } = await openOne();
    const [first, second] = await Promise.all(
      [1, 2].map((year) => collections.putAnchors(BIRDS, [{ ...bird("owl"), metadata: { year } }])),
    );
    expect(second?.sequence).toBeGreaterThan(first?.sequence ?? Infinity);
    expect(await collections.getAnchor(BIRDS, "owl" as AnchorId)).toMatchObject({ metadata: { year: 2 } });
  });

  it("do not fail for the fault of one of them", async () => {
    const { collections } = await openOne();
    const refused = collections.putAnchors(BIRDS, [bird("ill-formed \ud800")]);
    const others = Array.from({ length: 5 }, (_, i) => collections.putAnchors(BIRDS, [bird(`b${i}`, i)]));
    await expect(refused).rejects.toMatchObject({ code: "invalid-input" });
    for (const other of others) await expect(other).resolves.toMatchObject({ upserted: 1 });
  });

  it("are dropped when their caller is gone before their turn", async () => {
    const peer = await openOne();
    const gone = new AbortController();
    const first = peer.collections.putAnchors(BIRDS, [bird("first")]);
    const dropped = peer.collections.putAnchors(BIRDS, [bird("second")], { signal: gone.signal });
    gone.abort();
    await expect(dropped).rejects.toMatchObject({ name: "AbortError" });
    await first;
    await peer.collections.putAnchors(BIRDS, [bird("third")]);
    expect(await found(peer)).toEqual(["first", "third"]);
  });

  it("write only at the sequence that they name", async () => {
    const { collections } = await openOne();
    const { sequence } = await collections.putAnchors(BIRDS, [bird("owl")]);
    const at = { ifSequence: sequence };
    const outcomes = await Promise.allSettled(
      ["hen", "jay"].map((id) => collections.putAnchors(BIRDS, [bird(id)], at)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(
      collections.deleteAnchors(BIRDS, { ids: ["owl"] as AnchorId[], ...at }),
    ).rejects.toMatchObject({ code: "conflict" });
    await expect(
      collections.deleteAnchors(BIRDS, {
        ids: ["owl"] as AnchorId[],
        ifSequence: (sequence + 1) as Sequence,
      }),
    ).resolves.toMatchObject({ deleted: 1 });
  });
});

describe("a deletion by filter", () => {
  it("decides by what another process has written, also where news of it does not come", async () => {
    const database = await freshDatabase();
    const [writer, reader] = [await openPeer(database), await openPeer(database)];
    await createBirds(writer);
    for (let round = 0; round < 3; round++) {
      const old = { ...bird("x"), metadata: { state: "old" } };
      const first = await writer.collections.putAnchors(BIRDS, [old]);
      await reader.collections.get(BIRDS, { minSequence: first.sequence });
      await runSql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'anchorage news' AND datname = current_database()`,
        database.url,
      );
      await writer.collections.putAnchors(BIRDS, [
        { ...bird("x"), metadata: { state: "kept" } },
        { ...bird(`y${round}`), metadata: { state: "old" } },
      ]);
      const gone = await reader.collections.deleteAnchors(BIRDS, { filter: { state: "old" } });
      expect(gone.deleted).toBe(1);
      expect(await found(writer, gone.sequence)).toEqual(["x"]);
    }
  });
});

describe("a filtered list", () => {
  it("has every anchor that is not written to, and none that does not match, while others write", async () => {
    const { collections } = await openOne();
    const stable = Array.from({ length: 200 }, (_, i) => `${String(i).padStart(3, "0")}-s`);
    const tagged = (id: string, tag: number) => ({ ...bird(id), metadata: { tag } });
    await collections.putAnchors(
      BIRDS,
      stable.map((id) => tagged(id, 1)),
    );
    let isOver = false;
    const spread = (suffix: string) =>
      Array.from({ length: 20 }, (_, i) => `${String(i * 10).padStart(3, "0")}-${suffix}`);
    const churn = async (): Promise<void> => {
      while (!isOver) {
        await collections.putAnchors(
          BIRDS,
          spread("c").map((id) => tagged(id, 1)),
        );
        await collections.deleteAnchors(BIRDS, { ids: spread("c") as AnchorId[] });
      }
    };
    const flip = async (): Promise<void> => {
      for (let tag = 1; !isOver; tag = 1 - tag)
        await collections.putAnchors(
          BIRDS,
          spread("f").map((id) => tagged(id, tag)),
        );
    };
    const writers = [churn(), flip()];
    for (let listing = 0; listing < 10; listing++) {
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await collections.listAnchors(BIRDS, {
          limit: 7,
          filter: { tag: 1 },
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const { id, metadata } of page.anchors) {
          expect(metadata).toEqual({ tag: 1 });
          seen.push(id);
        }
        cursor = page.nextCursor;
      }
      expect(seen).toEqual([...new Set(seen)].sort());
      expect(seen.filter((id) => id.endsWith("-s"))).toEqual(stable);
    }
    isOver = true;
    await Promise.all(writers);
  });
});
