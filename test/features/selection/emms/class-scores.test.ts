import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gbc } from "../../../../src/features/selection/emms/gbc.ts";
import type {
  TransferScorer,
  ScoreInput,
  TransferOptions,
} from "../../../../src/features/selection/emms/index.ts";
import { knn } from "../../../../src/features/selection/emms/knn.ts";
import { linearProbe } from "../../../../src/features/selection/emms/linear-probe.ts";
import { nleep } from "../../../../src/features/selection/emms/nleep.ts";
import { parc } from "../../../../src/features/selection/emms/parc.ts";
import {
  naiveGbc,
  naiveKnn,
  naiveOneHot,
  naiveParc,
  naivePrincipal,
} from "../../../support/naive-class-scores.ts";
import { classData, dataOf, numbersOf } from "./class-data.ts";

const data = classData(80, 6, 4);
/** More columns than rows. */
const wide = classData(30, 90, 3);
const scoreOf = async (
  method: TransferScorer,
  input: ScoreInput,
  options: TransferOptions = {},
): Promise<number> => (await method.score(input, options)).score;

describe("GBC", () => {
  it.each(["diagonal", "spherical"] as const)("is minus the overlap of %s Gaussians", async (covariance) => {
    const score = await scoreOf(gbc, data, { gbc: { covariance } });
    const expected = naiveGbc(data.rows, data.ids, covariance === "spherical");
    expect(score / expected).toBeCloseTo(1, 9);
  });

  it("is taken in the 64 principal directions of more, and in as many as there are of fewer rows", async () => {
    const long = classData(150, 80, 3, 3);
    for (const each of [long, wide]) {
      const { rows } = naivePrincipal(each.rows, Math.min(64, each.rows.length - 1));
      expect((await scoreOf(gbc, each)) / naiveGbc(rows, each.ids, false)).toBeCloseTo(1, 6);
    }
  });

  it("is 0 where classes are far from each other, and -C (C - 1) where they lie upon each other", async () => {
    const far = dataOf(data.ids.map((id) => [1000 * id, 0]));
    expect(await scoreOf(gbc, { ...far, classes: data.classes })).toBeCloseTo(0, 12);
    const same = dataOf(data.ids.map(() => [1, 2, 3]));
    expect(await scoreOf(gbc, { ...same, classes: data.classes })).toBeCloseTo(-12, 12);
  });
});

const standardizedRows = (rows: readonly (readonly number[])[]): number[][] => {
  const columns = rows[0]?.map((_, j) => rows.map((row) => row[j] ?? 0)) ?? [];
  return rows.map((row) =>
    row.map((value, j) => {
      const own = columns[j] ?? [];
      const mean = own.reduce((sum, each) => sum + each, 0) / own.length;
      const variance = own.reduce((sum, each) => sum + (each - mean) ** 2, 0) / own.length;
      return (value - mean) / Math.sqrt(variance);
    }),
  );
};
const AS_DEFINED = { parc: { standardize: false } } as const;

describe("PARC", () => {
  it("standardises feature columns by default, as the authors' code does", async () => {
    for (const each of [data, wide]) {
      const expected = naiveParc(standardizedRows(each.rows), naiveOneHot(each.ids));
      expect((await scoreOf(parc, each)) / expected).toBeCloseTo(1, 6);
    }
  });

  it("standardises columns of small values exactly", async () => {
    const small = data.rows.map((row) => row.map((value, j) => (j === 0 ? 1e-9 * value : value)));
    const score = await scoreOf(parc, { ...dataOf(small), classes: data.classes });
    expect(score / naiveParc(standardizedRows(data.rows), naiveOneHot(data.ids))).toBeCloseTo(1, 6);
  });

  it("compares the features as they are where `standardize` is false", async () => {
    for (const each of [data, wide]) {
      const expected = naiveParc(each.rows, naiveOneHot(each.ids));
      expect((await scoreOf(parc, each, AS_DEFINED)) / expected).toBeCloseTo(1, 9);
    }
  });

  it("compares features with F-labels where there are no classes, or the option says so", async () => {
    const { rows: labels } = classData(80, 5, 4, 2, 9);
    const fLabels = [numbersOf(labels)];
    const expected = naiveParc(data.rows, labels);
    expect(
      (await scoreOf(parc, { embeddings: data.embeddings, fLabels }, AS_DEFINED)) / expected,
    ).toBeCloseTo(1, 9);
    const options = { parc: { standardize: false, labels: "f-labels" } } as const;
    expect((await scoreOf(parc, { ...data, fLabels }, options)) / expected).toBeCloseTo(1, 9);
  });

  it("draws the same rows for the same seed where there are more than it compares", async () => {
    const drawn = await parc.score(data, { parc: { samples: 40, seed: 3 } });
    expect(drawn.diagnostics.samples).toBe(40);
    expect(await parc.score(data, { parc: { samples: 40, seed: 3 } })).toEqual(drawn);
    expect((await parc.score(data, { parc: { samples: 40, seed: 4 } })).score).not.toBe(drawn.score);
  });

  it("takes duplicates for ties, and rows whose values are all the same for unlike any other", async () => {
    const few = data.rows.slice(0, 25);
    const doubled = [...few, ...few, [2, 2, 2, 2, 2, 2], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]];
    const ids = [...data.ids.slice(0, 25), ...data.ids.slice(0, 25), 0, 1];
    const input = { ...dataOf(doubled), classes: Int32Array.from(ids) };
    const score = await scoreOf(parc, input, AS_DEFINED);
    expect(score / naiveParc(doubled, naiveOneHot(ids))).toBeCloseTo(1, 9);
  });

  it("is not defined for one column, for a class to each row, nor without labels", async () => {
    const narrow = dataOf(data.rows.map(([first = 0]) => [first]));
    await expect(parc.score({ ...narrow, classes: data.classes }, {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["features"] }],
    });
    const own = Int32Array.from(data.ids, (_, i) => i);
    await expect(parc.score({ ...data, classes: own }, {})).rejects.toMatchObject({
      faults: [{ path: ["classes"] }],
    });
    await expect(parc.score({ embeddings: data.embeddings }, {})).rejects.toMatchObject({
      faults: [{ path: ["fLabels"] }],
    });
  });
});

describe("kNN", () => {
  it.each([1, 5, 79, 200])("is the leave-one-out accuracy of %i neighbours", async (k) => {
    const noisy = classData(80, 6, 4, 2);
    expect(await scoreOf(knn, noisy, { knn: { k } })).toBe(naiveKnn(noisy.rows, noisy.ids, Math.min(k, 79)));
  });

  it("breaks ties by the rule, whatever lies upon each other", async () => {
    const points = fc.array(fc.tuple(fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 })), {
      minLength: 4,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(points, fc.integer({ min: 1, max: 6 }), async (rows, k) => {
        const ids = rows.map((_, i) => i % 3);
        const score = await scoreOf(knn, { ...dataOf(rows), classes: Int32Array.from(ids) }, { knn: { k } });
        expect(score).toBe(naiveKnn(rows, ids, Math.min(k, rows.length - 1)));
      }),
    );
  });

  it("goes through more rows than it compares at once", async () => {
    const many = classData(600, 4, 5);
    expect(await scoreOf(knn, many)).toBe(naiveKnn(many.rows, many.ids, 5));
  });
});

const METHODS = [nleep, gbc, parc, knn, linearProbe];

describe.each(METHODS)("$name", (method) => {
  it("is higher where classes are further apart", async () => {
    const near = await scoreOf(method, classData(120, 8, 4, 4));
    const far = await scoreOf(method, classData(120, 8, 4, 0.5));
    expect(far).toBeGreaterThan(near);
  });

  it("has the same score again, and for float32 as for float64", async () => {
    const first = await scoreOf(method, data);
    expect(await scoreOf(method, data)).toBe(first);
    const embeddings = { ...data.embeddings, data: Float32Array.from(data.embeddings.data) };
    expect(await scoreOf(method, { ...data, embeddings: embeddings })).toBe(first);
  });

  it("has a score for fewer rows than columns, constant columns, duplicate rows and a class of one row", async () => {
    const constant = dataOf(data.rows.map((row) => [...row, 7, 7]));
    const duplicated = dataOf([...data.rows, ...data.rows]);
    const alone = Int32Array.from([4, ...data.ids.slice(1)]);
    for (const input of [
      wide,
      { ...constant, classes: data.classes },
      { ...duplicated, classes: Int32Array.from([...data.ids, ...data.ids]) },
      { ...data, classes: alone },
    ])
      expect(await scoreOf(method, input)).toSatisfy(Number.isFinite);
  });

  it("refuses one class, or none, and names it", async () => {
    const one = { ...data, classes: new Int32Array(80) };
    await expect(method.score(one, {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["classes"] }],
    });
  });

  it("ends where it is told to", async () => {
    const { embeddings, classes } = classData(800, 150, 20);
    const controller = new AbortController();
    const scoring = method.score({ embeddings: embeddings, classes }, {}, controller.signal);
    setImmediate(() => controller.abort(new Error("nobody waits for it")));
    await expect(scoring).rejects.toThrow("nobody waits for it");
  });
});

describe.each([nleep, knn, linearProbe, gbc])("$name", (method) => {
  it("says so, or has a score, where all rows are the same", async () => {
    const same = { ...dataOf(data.rows.map(() => [1, 2])), classes: data.classes };
    if (method === nleep)
      await expect(method.score(same, {})).rejects.toMatchObject({ faults: [{ path: ["features"] }] });
    else expect(await scoreOf(method, same)).toSatisfy(Number.isFinite);
  });
});
