import { describe, expect, test } from "vitest";
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
  return peer.collections;
};

describe("a calibration that was begun before anchors were deleted", () => {
  test("is not kept once they are erased, for it was measured with them", async () => {
    const collections = await opened();
    const work = await collections.planCalibration(BIRDS, {});
    await collections.deleteAnchors(BIRDS, { ids: ["bird 3"] as AnchorId[] });
    await collections.compact(BIRDS);
    await expect(work(CONTEXT)).rejects.toMatchObject({ code: "conflict" });
    expect(await collections.listCalibrations(BIRDS)).toEqual([]);
    await (
      await collections.planCalibration(BIRDS, {})
    )(CONTEXT);
    expect(await collections.listCalibrations(BIRDS)).toMatchObject([{ current: true, anchors: 39 }]);
  });

  test("is kept until they are, and told to be of an earlier sequence", async () => {
    const collections = await opened();
    const work = await collections.planCalibration(BIRDS, {});
    await collections.deleteAnchors(BIRDS, { ids: ["bird 3"] as AnchorId[] });
    await work(CONTEXT);
    expect(await collections.listCalibrations(BIRDS)).toMatchObject([{ current: false, anchors: 40 }]);
    await collections.compact(BIRDS);
    expect(await collections.listCalibrations(BIRDS)).toEqual([]);
  });
});
