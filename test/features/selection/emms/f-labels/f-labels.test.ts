import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  classNameOf,
  embedLabels,
  positionWords,
  projectLabels,
  textsOf,
  type Box,
  type Label,
} from "../../../../../src/features/selection/emms/f-labels/index.ts";
import { createTask } from "../../../../support/emms-data.ts";

describe("the texts of a label", () => {
  it.each<[Label, string[], string]>([
    [{ category: "fox" }, ["a photo of a fox", "fox"], "fox"],
    [{ category: "$& {}" }, ["a photo of a $& {}", "$& {}"], "$& {}"],
    [
      { categories: ["fox", "hen", "fox"] },
      ["a photo of a fox", "fox", "a photo of a hen", "hen"],
      '["fox","hen"]',
    ],
    [{ caption: "a red fox" }, ["a red fox"], "a red fox"],
    [{ question: "What is it?", answer: "a fox" }, ["What is it? a fox"], "a fox"],
    [{ answer: "a fox" }, ["a fox"], "a fox"],
    [{ phrase: "a dog", box: [0, 0.1, 0.2, 0.2] }, ["a dog at the top left"], "a dog"],
  ])("of %j", (label, texts, name) => {
    expect(textsOf(label, ["a photo of a {}", "{}"])).toEqual(texts);
    expect(classNameOf(label)).toBe(name);
  });

  it("are one class for the same categories in any order", () => {
    expect(classNameOf({ categories: ["b", "a"] })).toBe(classNameOf({ categories: ["a", "b", "a"] }));
  });
});

describe("the place of a box", () => {
  it.each<[Box, string]>([
    [[0, 0, 0.2, 0.2], "at the top left"],
    [[0.4, 0, 0.2, 0.2], "at the top"],
    [[0.8, 0, 0.2, 0.2], "at the top right"],
    [[0, 0.4, 0.2, 0.2], "on the left"],
    [[0.4, 0.4, 0.2, 0.2], "in the centre"],
    [[0.8, 0.4, 0.2, 0.2], "on the right"],
    [[0, 0.8, 0.2, 0.2], "at the bottom left"],
    [[0.4, 0.8, 0.2, 0.2], "at the bottom"],
    [[0.8, 0.8, 0.2, 0.2], "at the bottom right"],
    [[0, 0, 1, 1], "across the whole image"],
    [[0, 0, 1, 0.1], "at the top"],
    [[1 / 3, 0.5, 0, 0], "in the centre"],
    [[2 / 3, 0.5, 0, 0], "in the centre"],
    [[0.33, 0.5, 0, 0], "on the left"],
  ])("%j is %s", (box, words) => {
    expect(positionWords(box)).toBe(words);
  });

  it("is that of the mirrored box, mirrored", () => {
    const side = fc.double({ min: 0, max: 1, noNaN: true });
    const mirrored = (words: string): string =>
      words.replace(/left|right/, (found) => (found === "left" ? "right" : "left"));
    fc.assert(
      fc.property(side, side, (x, y) => {
        fc.pre(Math.abs(3 * x - 1) > 1e-9 && Math.abs(3 * x - 2) > 1e-9);
        expect(positionWords([1 - x, y, 0, 0])).toBe(mirrored(positionWords([x, y, 0, 0])));
      }),
    );
  });
});

describe("the embeddings of labels", () => {
  it("average those of their texts, and ask for each text once", async () => {
    const asked: string[][] = [];
    const [lengths, first] = await embedLabels(
      [{ category: "ab" }, { categories: ["ab", "abcd"] }, { category: "ab" }],
      ["{}", "{}{}"],
      (texts) => {
        asked.push([...texts]);
        return Promise.resolve([
          Float32Array.from(texts, (text) => text.length),
          Float32Array.from(texts.flatMap((text) => [text.length, 1])),
        ]);
      },
    );
    expect(asked).toEqual([["ab", "abab", "abcd", "abcdabcd"]]);
    expect(lengths).toEqual({ data: Float32Array.of(3, 4.5, 3), rows: 3, columns: 1 });
    expect(first).toEqual({ data: Float32Array.of(3, 1, 4.5, 1, 3, 1), rows: 3, columns: 2 });
  });
});

describe("projecting label embeddings to a common width", () => {
  const { embeddings } = createTask({ n: 30, d: 12 });
  const wide = { data: embeddings.data, rows: 30, columns: 12 };
  const narrow = { data: embeddings.data.slice(0, 30 * 5), rows: 30, columns: 5 };

  it("leaves what has it as it is, and takes the rest along orthonormal directions", async () => {
    const [projected, same] = await projectLabels([wide, narrow], { by: "random", dimension: 5, seed: 3 });
    expect(same).toBe(narrow);
    expect(projected).toMatchObject({ rows: 30, columns: 5 });
    const unit = {
      data: Float64Array.from({ length: 144 }, (_, i) => (i % 13 === 0 ? 1 : 0)),
      rows: 12,
      columns: 12,
    };
    const [directions] = await projectLabels([unit], { by: "random", dimension: 5, seed: 3 });
    for (let a = 0; a < 5; a++)
      for (let b = 0; b < 5; b++) {
        let dot = 0;
        for (let i = 0; i < 12; i++)
          dot += (directions?.data[i * 5 + a] ?? 0) * (directions?.data[i * 5 + b] ?? 0);
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 12);
      }
  });

  it("is the same for the same seed, and another for another", async () => {
    const by = (seed: number) => projectLabels([wide], { by: "random", dimension: 4, seed });
    expect(await by(1)).toEqual(await by(1));
    expect(await by(2)).not.toEqual(await by(1));
  });

  it("keeps all distances where it keeps the width, by principal directions", async () => {
    const [turned] = await projectLabels([wide], { by: "pca", dimension: 12, seed: 0 });
    const distance = (data: ArrayLike<number>, a: number, b: number): number =>
      Math.hypot(...Array.from({ length: 12 }, (_, j) => (data[a * 12 + j] ?? 0) - (data[b * 12 + j] ?? 0)));
    for (let i = 1; i < 30; i++)
      expect(distance(turned?.data ?? [], 0, i)).toBeCloseTo(distance(wide.data, 0, i), 6);
  });

  it("fills up with zeros where there are fewer principal directions", async () => {
    const same = { data: new Float32Array(40).fill(2), rows: 10, columns: 4 };
    const [zeros] = await projectLabels([same], { by: "pca", dimension: 3, seed: 0 });
    expect(zeros).toEqual({ data: new Float64Array(30), rows: 10, columns: 3 });
  });
});
