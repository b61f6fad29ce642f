import { afterAll, describe, expect, test } from "vitest";
import { fitProbe, predict } from "../../../../src/features/consensus/probe/index.ts";
import { createProbeScorer } from "../../../../src/features/consensus/scorers/index.ts";
import { closeKernels } from "../../../../src/retrieval/index.ts";
import { normals, seededRandom } from "../../../support/random.ts";
import { proposalOf, sceneOf, textProposals, writtenView } from "../../../support/scenes.ts";

afterAll(closeKernels);

const D = 6;
const CLASSES = ["fox", "owl", "hen"];
const signal = new AbortController().signal;

/** Points about a centre for each class. */
const points = (count: number, seed: number, spread = 0.4) => {
  const centres = normals(CLASSES.length * D, seededRandom(99));
  const noise = normals(count * D, seededRandom(seed));
  const labels = Array.from({ length: count }, (_, i) => [i % CLASSES.length]);
  const rows = noise.map(
    (value, at) => spread * value + (centres[(labels[Math.floor(at / D)]?.[0] ?? 0) * D + (at % D)] ?? 0),
  );
  return { rows, labels };
};
const rowsOf = (rows: Float32Array): Float32Array[] =>
  Array.from({ length: rows.length / D }, (_, i) => rows.slice(i * D, (i + 1) * D));

describe("a probe", () => {
  test("knows what it would tell without a row as if it were fitted without it", async () => {
    const { rows, labels } = points(30, 1, 0.9);
    const { accuracy } = await fitProbe(rows, labels, CLASSES, 1e-6);
    let right = 0;
    for (let left = 0; left < 30; left++) {
      const others = rowsOf(rows).filter((_, i) => i !== left);
      const probe = await fitProbe(
        Float32Array.from(others.flatMap((row) => [...row])),
        labels.filter((_, i) => i !== left),
        CLASSES,
        1e-6,
      );
      const logs = predict(probe, [rows.slice(left * D, (left + 1) * D)]);
      if (labels[left]?.includes(logs.indexOf(Math.max(...logs)))) right++;
    }
    expect(accuracy).toBeCloseTo(right / 30, 10);
    expect(accuracy).toBeLessThan(1);
  });

  test("tells new rows apart, as surely as it is right", async () => {
    const train = points(300, 2, 0.8);
    const fresh = points(300, 3, 0.8);
    const probe = await fitProbe(train.rows, train.labels, CLASSES);
    const logs = predict(probe, rowsOf(fresh.rows));
    let [right, confidence] = [0, 0];
    fresh.labels.forEach(([label = -1], i) => {
      const own = logs.subarray(i * 3, i * 3 + 3);
      expect(own.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 6);
      const top = Math.max(...own);
      confidence += Math.exp(top) / 300;
      if (own[label] === top) right += 1 / 300;
    });
    expect(right).toBeGreaterThan(0.8);
    expect(Math.abs(confidence - right)).toBeLessThan(0.06);
    expect(Math.abs(probe.accuracy - right)).toBeLessThan(0.06);
  });
});

describe("the probe scorer", () => {
  const anchors = () => {
    const { rows, labels } = points(90, 4);
    return rowsOf(rows).map((row, i) => ({
      id: `a${i}`,
      image: [...row],
      text: [1, 0],
      metadata: { kind: CLASSES[labels[i]?.[0] ?? 0] ?? "" },
    }));
  };
  const image = points(3, 5).rows.slice(0, D);

  test("gives each class its log-probability for the image, and says how good it is", async () => {
    const scorer = createProbeScorer(sceneOf(await writtenView(anchors()), { images: image }), {
      field: "kind",
    });
    expect(scorer.report?.()).toEqual({});
    const { scores } = await scorer.score(textProposals(["Fox", "owl", "hen", "newt"]), signal);
    const known = scores.slice(0, 3);
    expect(known.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 6);
    expect(known.indexOf(Math.max(...known))).toBe(0);
    expect(scores[3]).toBeNaN();
    expect(scorer.report?.()).toMatchObject({ anchors: 90, classes: 3 });
    expect(scorer.report?.().accuracy ?? 0).toBeGreaterThan(0.8);
  });

  test("learns every class of an anchor that has several", async () => {
    const { rows } = points(60, 6);
    const several = rowsOf(rows).map((row, i) => ({
      id: `a${i}`,
      image: [...row],
      text: [1, 0],
      metadata: { kinds: i % 3 === 0 ? ["animal", "fox"] : i % 3 === 1 ? ["owl", "animal"] : ["hen"] },
    }));
    const scorer = createProbeScorer(sceneOf(await writtenView(several), { images: image }), {
      field: "kinds",
    });
    const { scores } = await scorer.score(textProposals(["animal", "fox", "owl", "hen"]), signal);
    const [animal = NaN, fox = NaN, owl = NaN, hen = NaN] = scores;
    expect(Math.min(animal, fox)).toBeGreaterThan(Math.max(owl, hen));
    expect(scorer.report?.()).toMatchObject({ anchors: 60, classes: 4 });
  });

  test("gives images the log-probability of the class that is wanted", async () => {
    const scene = sceneOf(await writtenView(anchors()), {});
    const scorer = createProbeScorer(scene, { field: "kind", target: "owl" });
    const proposals = ["a0", "a1", "a2"].map((id) => proposalOf({ kind: "anchor", anchor: id as never }));
    const { scores } = await scorer.score(proposals, signal);
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
  });

  test("is fitted one after another, those passed over that nobody waits for any more", async () => {
    const view = await writtenView(anchors());
    const [gone, stays] = [new AbortController(), sceneOf(view, { images: image })];
    const ridges = [0.1, 0.2, 0.1, 0.3];
    const asked = ridges.map((ridge, i) =>
      createProbeScorer(stays, { field: "kind", ridge }).score(
        textProposals(["fox"]),
        i === 1 ? gone.signal : signal,
      ),
    );
    gone.abort(new Error("gone"));
    const [first, second, third, last] = await Promise.allSettled(asked);
    expect(second).toMatchObject({ status: "rejected", reason: { message: "gone" } });
    expect(third).toEqual(first);
    expect([first?.status, last?.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(last).not.toEqual(first);
  });

  test("fails where there is nothing to tell apart", async () => {
    const scene = sceneOf(await writtenView(anchors()), { images: image });
    await expect(
      createProbeScorer(scene, { field: "none" }).score(textProposals(["fox"]), signal),
    ).rejects.toThrow('the anchors have 0 classes in "none"');
  });
});
