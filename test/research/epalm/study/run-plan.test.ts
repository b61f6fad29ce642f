import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDecoderModel, type DecoderModel } from "../../../../src/features/epalm/index.ts";
import { epalmTable, PLANS, type EpalmReport, type Outcome } from "../../../../research/epalm/study/index.ts";
import { readImages } from "../../../../research/epalm/study/images.ts";
import { findNeighbours } from "../../../../research/epalm/study/neighbours.ts";
import { itemsOf } from "../../../../research/epalm/study/questions.ts";
import { promptsOf, rowsOf } from "../../../../research/epalm/study/rows.ts";
import { runPlan, type Study } from "../../../../research/epalm/study/run-plan.ts";
import { createRandom, normal } from "../../../../src/math/random.ts";
import { temporaryDecoders, TINY_CONFIG, writeTinyDecoder } from "../../../support/tiny-decoder.ts";

const COUNTS = {
  seenClasses: 6,
  unseenClasses: 3,
  validation: 4,
  seen: 4,
  copies: { train: 6, validation: 5, seen: 5, unseen: 5 },
};
const LAYERS = 2;
const DIMENSION = 12;

const images = await readImages(COUNTS);
/** Of the same emoji alike, of others not. */
const features = ((): Float32Array[] => {
  const random = createRandom(4);
  const hexcodes = [...new Set(images.map(({ emoji }) => emoji.hexcode))];
  const own = new Map(
    hexcodes.map((code) => [code, Array.from({ length: DIMENSION }, () => normal(random))]),
  );
  return Array.from({ length: LAYERS }, () =>
    Float32Array.from(
      images.flatMap(({ emoji }) =>
        (own.get(emoji.hexcode) ?? []).map((value) => value + 0.01 * normal(random)),
      ),
    ),
  );
})();
const sources = features.map((_, i) => ({
  encoder: `layer-${i}`,
  sha256: "ab".repeat(32),
  dimension: DIMENSION,
}));
const neighbours = await findNeighbours(images, features);
const decoders = await temporaryDecoders();
const directory = await mkdtemp(join(tmpdir(), "study-"));
let decoder: DecoderModel;
let study: Study;
let trainings = 0;

beforeAll(async () => {
  await writeTinyDecoder(decoders.path("tiny"), { config: { ...TINY_CONFIG, layers: 6, positions: 256 } });
  decoder = await openDecoderModel(decoders.path("tiny"));
  study = {
    ...{ images, neighbours, decoder, directory, steps: 4, seed: 1 },
    layers: { features, sources },
    signal: new AbortController().signal,
    onProgress: () => trainings++,
  };
});

afterAll(async () => {
  await decoder.close();
  await decoders.remove();
  await rm(directory, { recursive: true });
});

const planOf = (id: string) => {
  const plan = PLANS.find((each) => each.id === id);
  if (plan === undefined) throw new Error(`there is no plan "${id}"`);
  return plan;
};

describe("what is nearest to an image", () => {
  test("are training images, of its own emoji where one is seen", () => {
    images.forEach(({ split, emoji }, image) => {
      const near = neighbours(image, 3, () => true).flatMap((place) => images[place] ?? []);
      expect(near.every((other) => other.split === "train")).toBe(true);
      if (split === "seen") expect(near[0]?.emoji.hexcode).toBe(emoji.hexcode);
    });
  });

  test("stands before the question, in training for some rows without what shows the same emoji", () => {
    const training = new Set(images.flatMap(({ split }, place) => (split === "train" ? [place] : [])));
    const world = { images, neighbours, training };
    const items = itemsOf(images);
    expect(promptsOf(items, world, false).every(({ prompt }) => !prompt.includes("like:"))).toBe(true);
    expect(promptsOf(items, world, true).every(({ prompt }) => prompt.startsWith("like: "))).toBe(true);
    const trained = items.filter(({ image, asked }) => training.has(image) && asked === "what");
    const naming = rowsOf(trained, world, true).filter(({ prompt, answer }) => prompt.includes(answer));
    expect(naming.length).toBeGreaterThan(0.4 * trained.length);
    expect(naming.length).toBeLessThan(trained.length);
  });
});

describe("a plan", () => {
  test("of retrieval alone names what was seen, and nothing that was not", async () => {
    const { scores, trained } = await runPlan(planOf("retrieval"), study);
    expect(scores.seen.what?.value).toBe(100);
    expect(scores.unseen.what?.value).toBe(0);
    expect(trained).toBeNull();
  });

  test("that trains tells what share of all parameters was trained, and how the loss fell", async () => {
    const { trained, curve, rows } = await runPlan(planOf("adapter"), study);
    expect(trained?.share).toBeCloseTo(
      (trained?.parameters ?? 0) / ((trained?.parameters ?? 0) + decoder.parameters),
    );
    expect(curve.length).toBeGreaterThan(0);
    expect(rows).toBeGreaterThan(0);
  });

  test("is not run again, and a blindfold is put on the adapter that is there", async () => {
    const first = await runPlan(planOf("adapter"), study);
    const before = trainings;
    expect(await runPlan(planOf("adapter"), study)).toEqual(first);
    await runPlan(planOf("blindfold"), study);
    expect(trainings).toBe(before);
  });

  test("is a row of the report's tables", async () => {
    const outcomes: Outcome[] = [];
    for (const id of ["blind", "retrieval", "adapter"]) outcomes.push(await runPlan(planOf(id), study));
    const { id, sha256, parameters } = decoder;
    const report: EpalmReport = {
      decoder: { id, sha256, parameters },
      ...{ encoder: "none", images: {}, steps: 4, seed: 1, outcomes, watching: null, hearing: null },
    };
    const table = epalmTable(report);
    expect(table).toContain("| retrieval alone |");
    expect(table).toContain("| adapter |");
    expect(table.match(/^### /gm)).toHaveLength(2);
  });
});
