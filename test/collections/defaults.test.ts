import { describe, expect, test } from "vitest";
import type { AnchorId } from "../../src/types.ts";
import { freshDatabase } from "../support/postgres.ts";
import { BIRDS, bird, createBirds, openPeer } from "./processes.ts";

const settings = async ({ collections }: Awaited<ReturnType<typeof openPeer>>, minSequence?: number) => {
  const info = await collections.get(
    BIRDS,
    minSequence === undefined ? {} : { minSequence: minSequence as never },
  );
  const { asif, transform, method, rank, ensemble, sequence } = info;
  return { asif, transform, method, rank, ensemble, sequence };
};

describe("what a collection's queries are answered by", () => {
  test("is the same in every process at one sequence", async () => {
    const database = await freshDatabase();
    const [writer, reader] = [await openPeer(database), await openPeer(database)];
    await createBirds(writer);
    expect(await settings(reader)).toMatchObject({ method: "asif", rank: null, ensemble: "max" });
    for (let k = 1; k <= 5; k++) {
      const { sequence } = await writer.collections.update(BIRDS, { asif: { k }, transform: "center" });
      expect(await settings(reader, sequence)).toMatchObject({
        asif: { k, p: 3 },
        transform: "center",
        sequence,
      });
    }
  });

  test("is changed field by field, whichever process does", async () => {
    const database = await freshDatabase();
    const [one, other] = [await openPeer(database), await openPeer(database)];
    await createBirds(one);
    await Promise.all([
      one.collections.update(BIRDS, { asif: { k: 5 } }),
      other.collections.update(BIRDS, { asif: { p: 3 } }),
      one.collections.update(BIRDS, { method: "csa", rank: 7 }),
      other.collections.putAnchors(BIRDS, [bird("owl")]),
    ]);
    const whole = { asif: { k: 5, p: 3 }, method: "csa", rank: 7, sequence: 4 };
    expect(await settings(one, 4)).toMatchObject(whole);
    expect(await settings(other, 4)).toMatchObject(whole);
  });

  test("is read again at the next start, between writes of anchors", async () => {
    const database = await freshDatabase();
    const first = await openPeer(database);
    await createBirds(first);
    await first.collections.putAnchors(BIRDS, [bird("owl"), bird("hen")]);
    await first.collections.update(BIRDS, { asif: { k: 2, p: 1 }, ensemble: "mean" });
    await first.collections.deleteAnchors(BIRDS, { ids: ["owl"] as AnchorId[] });
    const second = await openPeer(database);
    expect(await settings(second)).toEqual({
      asif: { k: 2, p: 1, negatives: "cut" },
      transform: "none",
      method: "asif",
      rank: null,
      ensemble: "mean",
      sequence: 3,
    });
  });
});
