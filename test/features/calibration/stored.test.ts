import { describe, expect, test } from "vitest";
import { createCalibrations } from "../../../src/features/calibration/calibrations.ts";
import type { AnchorId } from "../../../src/types.ts";
import { freshDatabase } from "../../support/postgres.ts";
import { BIRDS, bird, createBirds, openPeer } from "../../collections/processes.ts";

const CONTEXT = { signal: new AbortController().signal, progress: () => undefined };

const opened = async () => {
  const peer = await openPeer(await freshDatabase());
  await createBirds(peer);
  await peer.collections.putAnchors(
    BIRDS,
    Array.from({ length: 40 }, (_, i) => ({ ...bird(`bird ${i}`), text: `bird ${i}` })),
  );
  return { collections: peer.collections, calibrations: createCalibrations(peer) };
};

describe("a calibration that was begun before anchors were deleted", () => {
  test("is not kept once they are erased, for it was measured with them", async () => {
    const { collections, calibrations } = await opened();
    const work = await calibrations.plan(BIRDS, {});
    await collections.deleteAnchors(BIRDS, { ids: ["bird 3"] as AnchorId[] });
    await collections.compact(BIRDS);
    await expect(work(CONTEXT)).rejects.toMatchObject({ code: "conflict" });
    expect(await calibrations.list(BIRDS)).toEqual([]);
    await (
      await calibrations.plan(BIRDS, {})
    )(CONTEXT);
    expect(await calibrations.list(BIRDS)).toMatchObject([{ current: true, anchors: 39 }]);
  });

  test("is kept until they are, and told to be of an earlier sequence", async () => {
    const { collections, calibrations } = await opened();
    const work = await calibrations.plan(BIRDS, {});
    await collections.deleteAnchors(BIRDS, { ids: ["bird 3"] as AnchorId[] });
    await work(CONTEXT);
    expect(await calibrations.list(BIRDS)).toMatchObject([{ current: false, anchors: 40 }]);
    await collections.compact(BIRDS);
    expect(await calibrations.list(BIRDS)).toEqual([]);
  });
});
