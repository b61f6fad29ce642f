import { describe, expect, it } from "vitest";
import { asifLocal, local } from "../../../../src/features/selection/emms/local.ts";
import type { ScoreInput } from "../../../../src/features/selection/emms/index.ts";
import { normals, seededRandom } from "../../../support/random.ts";
import { dataOf, numbersOf } from "./class-data.ts";

const LABELS = 40;
const DIMENSION = 12;

/** Three rows a label: its embedding through a fixed map, with some noise. */
const mapped = (noise: number): ScoreInput & { readonly classes: Int32Array } => {
  const random = seededRandom(5);
  const map = Array.from({ length: DIMENSION }, () => normals(DIMENSION, random));
  const labels = Array.from({ length: LABELS }, () => [...normals(DIMENSION, random)]);
  const ids = Array.from({ length: 3 * LABELS }, (_, i) => i % LABELS);
  const rows = ids.map((id) => {
    const label = labels[id] ?? [];
    const error = normals(DIMENSION, random);
    return map.map(
      (row, i) => row.reduce((sum, value, j) => sum + value * (label[j] ?? 0), 0) + noise * (error[i] ?? 0),
    );
  });
  return {
    embeddings: dataOf(rows).embeddings,
    classes: Int32Array.from(ids),
    fLabels: [numbersOf(ids.map((id) => labels[id] ?? []))],
  };
};

describe.each([local, asifLocal])("$name", (scorer) => {
  it("tells labels that no anchor shows, the better the more features follow the labels", async () => {
    const [clear, noisy] = [await scorer.score(mapped(0.1), {}), await scorer.score(mapped(20), {})];
    expect(clear.score).toBeGreaterThan(0.6);
    expect(noisy.score).toBeLessThan(0.4);
    expect(clear.diagnostics).toMatchObject({ labels: LABELS, folds: 5, right: clear.score * 120 });
  });

  it("takes rows of equal label embeddings for one label where there are no classes", async () => {
    const { classes, ...rest } = mapped(1);
    expect(await scorer.score(rest, {})).toEqual(await scorer.score({ ...rest, classes }, {}));
  });

  it("is not defined for fewer than four labels, nor without their embeddings", async () => {
    const data = mapped(1);
    const classes = data.classes.map((id) => id % 3);
    await expect(scorer.score({ ...data, classes }, {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["classes"] }],
    });
    await expect(scorer.score({ embeddings: data.embeddings, classes }, {})).rejects.toMatchObject({
      faults: [{ path: ["fLabels"] }],
    });
  });

  it("stops soon after it is aborted", async () => {
    await expect(scorer.score(mapped(1), {}, AbortSignal.abort(new Error("enough")))).rejects.toThrow(
      "enough",
    );
  });
});
