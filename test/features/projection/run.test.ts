import { expect, test } from "vitest";
import { proveErasure } from "../../../src/features/erasure-proof/index.ts";
import { currentLayer } from "../../../src/features/projection/current.ts";
import { runProjection } from "../../../src/features/projection/run.ts";
import { listLayers } from "../../../src/features/projection/table.ts";
import { openInspection } from "../../../src/store/index.ts";
import type { AnchorId } from "../../../src/types.ts";
import { BIRDS, bird, createBirds, openPeer } from "../../collections/processes.ts";
import { silentLog } from "../../support/log.ts";
import { freshDatabase, temporaryDirectory, type TestDatabase } from "../../support/postgres.ts";

const CONTEXT = { signal: new AbortController().signal, progress: () => undefined };

const open = async (database: TestDatabase) => {
  const peer = await openPeer(database);
  await createBirds(peer);
  await peer.collections.putAnchors(
    BIRDS,
    Array.from({ length: 120 }, (_, at) => bird(`bird ${at}`, Math.tan((at - 60) / 50))),
  );
  return peer;
};

const layersOf = async ({ collections, store }: Awaited<ReturnType<typeof open>>) => {
  const { record } = await collections.queried(BIRDS);
  return listLayers(store, record);
};

test("a map of more anchors than are fitted has the others among their neighbours", async () => {
  const peer = await open(await freshDatabase());
  const { collections, store } = peer;
  const queried = await collections.queried(BIRDS);
  await runProjection(store, queried, { sides: ["image"], seed: 3 }, CONTEXT, 40);
  const layers = await layersOf(peer);
  expect(layers).toMatchObject([
    { layer: "agreement", fitted: 40, seed: 3 },
    { layer: "pca/image", fitted: 40 },
    { layer: "umap/image", fitted: 40 },
  ]);
  const umap = layers.find(({ layer }) => layer === "umap/image");
  const read = umap === undefined ? null : await currentLayer(store, queried, umap);
  expect(read?.ids).toHaveLength(120);
  expect(read?.later).toBe(0);
  // Birds are on a line: those next to each other stay together on the map.
  const placeOf = (at: number): readonly [number, number] => {
    const row = read?.ids.indexOf(`bird ${at}` as AnchorId) ?? -1;
    return [read?.numbers[2 * row] ?? NaN, read?.numbers[2 * row + 1] ?? NaN];
  };
  const apart = (a: number, b: number): number =>
    Math.hypot(placeOf(a)[0] - placeOf(b)[0], placeOf(a)[1] - placeOf(b)[1]);
  const near = Array.from({ length: 119 }, (_, at) => apart(at, at + 1)).reduce((a, b) => a + b, 0) / 119;
  const far = Array.from({ length: 60 }, (_, at) => apart(at, at + 60)).reduce((a, b) => a + b, 0) / 60;
  expect(near).toBeLessThan(far / 4);
});

test("a map that was begun before anchors were deleted does not store them", async () => {
  const peer = await open(await freshDatabase());
  const { collections, store } = peer;
  const queried = await collections.queried(BIRDS);
  await collections.deleteAnchors(BIRDS, { ids: ["bird 3"] as AnchorId[] });
  await collections.compact(BIRDS);
  await runProjection(store, queried, { methods: ["pca"], sides: ["image"] }, CONTEXT);
  const [layer] = await layersOf(peer);
  const read = layer === undefined ? null : await currentLayer(store, queried, layer);
  // The old view still has the anchor, which is then placed like one that came later.
  expect(read?.later).toBe(1);
});

test("a deleted anchor of a map is found by verify-erasure until the compaction", async () => {
  const database = await freshDatabase();
  const { collections, store } = await open(database);
  await runProjection(store, await collections.queried(BIRDS), { sides: ["image"] }, CONTEXT);
  await collections.deleteAnchors(BIRDS, { ids: ["bird 3"] as AnchorId[] });
  const dataDir = await temporaryDirectory();
  const wherever = async (): Promise<readonly string[]> => {
    const inspection = await openInspection({ dataDir, databaseUrl: database.url, log: silentLog });
    try {
      const { findings } = await proveErasure(inspection, {
        collection: BIRDS,
        suspects: [
          {
            ...{ source: "gone.jsonl:1", id: "bird 3" as AnchorId, caption: null, metadata: null },
            ...{ imageVector: null, textVector: null },
          },
        ],
        receipt: null,
        indexDirectory: dataDir,
        signal: CONTEXT.signal,
      });
      return findings.flatMap(({ traces }) => traces.map(({ where }) => where));
    } finally {
      await inspection.close();
    }
  };
  expect(await wherever()).toContain("table projections");
  await collections.compact(BIRDS);
  expect(await wherever()).toEqual([]);
});
