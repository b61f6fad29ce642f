import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSql } from "../../support/postgres.ts";
import { bird, BIRDS, idsOf, open, type Place } from "./place.ts";

let place: Place;

beforeAll(async () => {
  place = await open();
  const { collections } = place;
  await collections.deleteAnchors(BIRDS, idsOf(bird(1), bird(2)));
  await collections.compact(BIRDS);
  await collections.deleteAnchors(BIRDS, idsOf(bird(3)));
  await collections.compact(BIRDS);
});

afterAll(() => place.close());

describe("a chain of receipts", () => {
  test("is whole where nothing was done to it, and its last hash is told", async () => {
    const { proof, faults } = await place.prove([bird(1), bird(3)]);
    expect(proof.chain).toEqual({
      receipts: 4,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      fault: null,
    });
    expect(proof.receipts.map(({ count, erased }) => [count, erased?.generation])).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(faults).toEqual([]);
  });

  test.each([
    [
      "a receipt that was changed",
      "UPDATE receipts SET count = count + $ WHERE position = 1",
      "number 1 was changed",
    ],
    [
      "a receipt that is missing",
      "UPDATE receipts SET position = position + $ WHERE position = 4",
      "a receipt is missing before number 5",
    ],
    [
      "a collection that was set back behind it",
      "UPDATE collections SET sequence = sequence - $",
      "number 3 tells of write 3, and the collection is at 2",
    ],
  ])("is broken by %s", async (_what, statement, fault) => {
    await runSql(statement.replace("$", "1"), place.database.url);
    try {
      const { proof, faults } = await place.prove([bird(1)]);
      expect(proof.chain.fault).toBe(fault);
      expect(faults).toContain(`the chain of receipts is broken: ${fault}`);
    } finally {
      await runSql(statement.replace("$", "-1").replace("position = 4", "position = 5"), place.database.url);
    }
  });
});
