import { afterAll, expect, test } from "vitest";
import { tuneGraphs, type Vectors } from "../../../src/retrieval/index-files/index.ts";
import { closeKernels, loadHnsw, readProfile, unitRows } from "../../../src/retrieval/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../../src/types.ts";
import { normals, seededRandom } from "../../support/random.ts";

afterAll(closeKernels);

const hnswlib = await loadHnsw();
const COUNT = 150;
const random = seededRandom(1);
const rowsOf = (dimension: number) => unitRows(normals(COUNT * dimension, random), dimension);
const encoder = { id: "external", sha256: "" };
const vectors: Vectors = {
  collection: "birds" as CollectionName,
  sequence: 1 as Sequence,
  ids: Array.from({ length: COUNT }, (_, i) => `bird-${i}` as AnchorId),
  rows: { image: rowsOf(12), text: rowsOf(8) },
  dimensions: { image: 12, text: 8 },
  encoders: { image: encoder, text: encoder },
};

test.runIf(hnswlib !== undefined)(
  "tuning measures the graph of each modality as its transform shows it",
  async () => {
    if (hnswlib === undefined) return;
    const seen: string[] = [];
    const curves = await tuneGraphs(vectors, {
      profile: readProfile("default"),
      hnswlib,
      transform: "whiten",
      signal: new AbortController().signal,
      onPoint: (modality, { k }) => seen.push(`${modality} ${k}`),
    });
    expect([...curves.keys()]).toEqual(["image/whiten", "text/center"]);
    for (const { anchors, points } of curves.values()) {
      expect(anchors).toBe(COUNT);
      // Where ef nears the size of so small a graph, it finds everything.
      for (const k of [10, 100]) {
        expect(points.filter((point) => point.k === k).at(-1)?.recall).toBeGreaterThan(0.999);
      }
    }
    expect([...new Set(seen)]).toEqual(["image 10", "image 100", "text 10", "text 100"]);
  },
);
