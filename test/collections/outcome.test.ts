import { describe, expect, test, vi } from "vitest";
import type { AnchorId } from "../../src/types.ts";
import { openLink } from "../support/cut-link.ts";
import { freshDatabase } from "../support/postgres.ts";
import { BIRDS, bird, createBirds, found, openPeer, type Peer } from "./processes.ts";

/** A process whose write of the owl was committed, and which was told so by nobody. */
const withUnknownOutcome = async (): Promise<Peer> => {
  const database = await freshDatabase();
  const link = await openLink(database.url);
  const peer = await openPeer({ ...database, url: link.url });
  await createBirds(peer);
  await peer.collections.putAnchors(BIRDS, [bird("hen", 2)]);
  link.cutAtCommit();
  await expect(peer.collections.putAnchors(BIRDS, [bird("owl", 1)])).rejects.toMatchObject({
    code: "unavailable",
  });
  await link.cut;
  link.mend();
  return peer;
};

describe("a write whose outcome is unknown, for the connection broke during COMMIT", () => {
  test("is deleted by a filter that fits it, at once", async () => {
    const peer = await withUnknownOutcome();
    const { deleted } = await peer.collections.deleteAnchors(BIRDS, { filter: { x: 1 } });
    expect(deleted).toBe(1);
    expect(await found(peer)).toEqual(["hen"]);
  });

  test("is found soon, without another write", async () => {
    const peer = await withUnknownOutcome();
    await vi.waitFor(async () => expect(await found(peer)).toEqual(["hen", "owl"]), { timeout: 10_000 });
  });

  test("is applied once, before what is written next", async () => {
    const peer = await withUnknownOutcome();
    const { sequence } = await peer.collections.putAnchors(BIRDS, [bird("jay")]);
    expect(sequence).toBe(3);
    expect(await found(peer)).toEqual(["hen", "jay", "owl"]);
    const { anchorCount } = await peer.collections.get(BIRDS);
    expect(anchorCount).toBe(3);
    await expect(peer.collections.getAnchor(BIRDS, "owl" as AnchorId)).resolves.toMatchObject({ id: "owl" });
  });
});
