import { expect, it, onTestFinished } from "vitest";
import { changesSince, findCollection, forgetChanges } from "../../src/store/index.ts";
import type { CollectionName, Sequence } from "../../src/types.ts";
import { anchorOf, createCollection, openTestApp } from "../http/support.ts";

const DAY_MS = 86_400_000;

it("the list of changes loses what is older than a day and before the sequence, and no more", async () => {
  const test = await openTestApp();
  onTestFinished(() => test.close());
  await createCollection(test, "c");
  for (const id of ["a", "b", "d"])
    await test.call("PUT", "/v1/collections/c/anchors", { anchors: [anchorOf(id)] });
  const { store } = test.service;
  const collection = await findCollection(store, "c" as CollectionName);
  if (collection === null) throw new Error("it was created");
  const kept = async (): Promise<number[]> =>
    (await changesSince(store, collection, 0 as Sequence)).map(({ sequence }) => sequence);
  await forgetChanges(store, collection, 3 as Sequence);
  expect(await kept()).toEqual([1, 2, 3, 4]);
  await forgetChanges(store, collection, 3 as Sequence, Date.now() + 2 * DAY_MS);
  expect(await kept()).toEqual([3, 4]);
});
