import { afterAll, expect, test } from "vitest";
import {
  closeKernels,
  loadGraphLibrary,
  readProfile,
  requireGraphSettings,
} from "../../../../src/retrieval/index.ts";
import { anchorsOf, openSpace, subjectOf } from "./subject.ts";
import { measureCurves } from "../../../../src/features/index-building/build/measure-curves.ts";

afterAll(closeKernels);

const graphLibrary = await loadGraphLibrary();
const COUNT = 150;

test.runIf(graphLibrary !== undefined)(
  "tuning measures the graph of each modality as its transform shows it",
  async () => {
    if (graphLibrary === undefined) return;
    const seen: string[] = [];
    const subject = subjectOf(await openSpace(anchorsOf(COUNT), "whiten"), "whiten");
    const curves = await measureCurves(subject, {
      profile: requireGraphSettings(readProfile("hnsw")),
      graphLibrary,
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
