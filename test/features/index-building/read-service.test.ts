import { expect, it } from "vitest";
import { readFromService, type RemoteCollection } from "../../../src/features/index-building/index.ts";
import { createClient } from "../../../src/features/client.ts";
import { createInProcessFetch } from "../../../src/http/index.ts";
import type { AnchorId, CollectionName } from "../../../src/types.ts";
import { BASE, openTestApp } from "../../http/support.ts";

const BIRDS = "birds" as CollectionName;

it("reads a collection of a service as of one sequence, again where it changes meanwhile, normalised", async () => {
  const app = await openTestApp();
  const { collections } = app.service;
  await collections.create({
    name: BIRDS,
    imageEncoder: { external: { dimension: 2 } },
    textEncoder: { external: { dimension: 2 } },
  });
  const put = (id: string) =>
    collections.putAnchors(BIRDS, [{ id: id as AnchorId, imageVector: [3, 4], textVector: [0, 2] }]);
  await put("a");
  let reads = 0;
  const client = createClient({ url: BASE, fetch: createInProcessFetch(app.app) });
  const birds = client.collection(BIRDS);
  const source: RemoteCollection = {
    get: () => birds.get(),
    listAnchors: async function* (options) {
      const anchors = [];
      for await (const anchor of birds.listAnchors(options)) anchors.push(anchor);
      if (reads++ === 0) await put("b");
      yield* anchors;
    },
  };
  const signal = new AbortController().signal;
  const { view, collection, encoders } = await readFromService(source, {
    signal,
    onProgress: () => undefined,
  });
  expect(reads).toBe(2);
  expect(view.sequence).toBe(2);
  expect(Array.from(view.liveSlots(), (slot) => view.entry(slot).id)).toEqual(["a", "b"]);
  const rows = Array.from(view.vectors("image", view.liveSlots()), (value) => value.toFixed(2));
  expect(rows).toEqual(["0.60", "0.80", "0.60", "0.80"]);
  const { createdAt } = await collections.get(BIRDS);
  expect(collection).toEqual({ name: "birds", createdAt: createdAt.toISOString() });
  expect(encoders.text).toEqual({ id: "external-2", sha256: "", dimension: 2 });
  await app.close();
});
