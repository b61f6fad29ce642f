import { upsertAnchors, ensureEncoder, addVectors } from "../../../src/store/index.ts";
import { describe, expect, it } from "vitest";
import {
  agreementTable,
  agreements,
  asifAccuracies,
  type Truth,
} from "../../../research/emms/selection/index.ts";
import type { Candidate } from "../../../src/features/selection/index.ts";
import type { AnchorId } from "../../../src/types.ts";
import { externalInfo, newCollection } from "../../store/fixtures.ts";
import { openTestStore } from "../../support/postgres.ts";
import { normals, seededRandom } from "../../support/random.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { withoutVector } from "../../../src/features/reencoding/sources.ts";

const candidate = (model: string, emms: number | null, knn: number): Candidate => {
  const score = (value: number | null) => ({
    score: value,
    rank: 1,
    tookMs: 250,
    diagnostics: {},
    confidence: null,
  });
  return {
    model,
    transform: "none",
    dimension: 2,
    features: "made",
    scores: { emms: score(emms), knn: score(knn) },
    notes: [],
  };
};

const truth: Truth = {
  name: "probe",
  of: ({ model }) => ({ a: 0.9, b: 0.7, c: 0.5, d: 0.1 })[model] ?? null,
};
const settings = {
  methods: ["emms", "knn"],
  transforms: ["none"],
  templates: ["{}"],
  projection: "random",
  rounds: 1,
  samples: 10,
  bootstrap: 0,
  seed: 0,
} as const;

describe("how far methods agree with a truth", () => {
  const candidates = [
    candidate("c", -3, 0.5),
    candidate("a", -1, 0.4),
    candidate("b", -2, 0.5),
    candidate("d", null, 0.5),
  ];

  it("is weighted Kendall tau and regret over the candidates that have both", () => {
    const [emms, knn] = agreements({ candidates, settings }, [truth]);
    expect(emms).toEqual({
      method: "emms",
      with: [{ tau: expect.closeTo(1, 12) as number, regret: 0 }],
      tookMs: 1000,
    });
    expect(knn?.with[0]?.tau).toBeLessThan(0);
    expect(knn?.with[0]?.regret).toBeCloseTo(0.9 - (0.7 + 0.5 + 0.1) / 3, 12);
  });

  it("is a table, the best by the first truth above", () => {
    const lines = agreementTable(
      {
        candidates,
        settings,
        classes: 3,
        samples: { used: 10, of: 10, withoutLabel: 0, withoutImage: 0, gone: 0 },
      },
      [truth],
    );
    expect(lines[0]).toContain("4 candidates, 10 samples, 3 classes");
    expect(lines.slice(2, 6).map((line) => line[0])).toEqual(["a", "b", "c", "d"]);
    expect(lines.at(-2)).toMatch(/^emms +1\.000, 0\.0 +1\.0$/);
  });
});

describe("ASIF's accuracy by encoder", () => {
  it("is that of the same questions, higher where an encoder shows what captions tell", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store, "birds", { image: 12, text: 9 });
    const anchors = conceptAnchors(60, 2);
    await upsertAnchors(
      store,
      collection,
      anchors.map((anchor) => ({ ...anchor, id: anchor.id as AnchorId, image: null })),
    );
    const blind = await ensureEncoder(store, externalInfo("image", 4), true);
    const sources = await store.query((queries) =>
      withoutVector(queries, collection, blind, { after: 0, limit: 1000 }),
    );
    const random = seededRandom(4);
    await addVectors(
      store,
      collection,
      blind,
      sources.slice(0, 110).map(({ key }) => ({ key, vector: normals(4, random) })),
    );
    const progress: number[][] = [];
    const options = {
      classes: 20,
      seeds: 2,
      signal: new AbortController().signal,
      onProgress: (done: number, total: number) => void progress.push([done, total]),
    };
    const found = await asifAccuracies(
      store,
      collection,
      [collection.imageEncoder, blind],
      ["none", "center"],
      options,
    );
    const [[seeing = 0] = [], [unseeing = 1] = []] = found;
    expect(seeing).toBeGreaterThan(0.3);
    expect(unseeing).toBeLessThan(0.2);
    expect(progress.at(-1)).toEqual([8, 8]);
    expect(
      await asifAccuracies(store, collection, [collection.imageEncoder, blind], ["none", "center"], options),
    ).toEqual(found);
  });
});
