import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evaluateEmbeddings } from "../../../../src/features/evaluation/index.ts";
import { readEmbeddings, type EmbeddingFiles } from "../../../../src/features/evaluation/embeddings/index.ts";
import { silentProgress } from "../../../../src/progress.ts";
import { folderOf } from "../../importing/support.ts";
import { float32, float64, int32, int64 } from "../../../support/npy-bytes.ts";

/** Four anchors along four axes of images (4 wide) and texts (3 wide), two classes of two prompts, three images. */
const FILES = {
  "ai.npy": float32([4, 4], [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
  "at.npy": float64([4, 3], [1, 0, 0, 0.9, 0.1, 0, 0, 0, 3, 0, 0.1, 1]),
  "i.npy": float32([3, 4], [1, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0.1, 0]),
  "l.npy": int64([3], [0, 1, 0]),
  "t.npy": float32([4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1]),
};

/** The same, written by Python: see make.py there. */
const TORCH = fileURLToPath(new URL("../../../fixtures/asif/", import.meta.url));

const filesIn = (folder: string, more: Partial<EmbeddingFiles> = {}): EmbeddingFiles => ({
  anchorImages: join(folder, "ai.npy"),
  anchorTexts: join(folder, "at.npy"),
  images: join(folder, "i.npy"),
  labels: join(folder, "l.npy"),
  texts: join(folder, "t.npy"),
  promptsPerClass: 2,
  ...more,
});

describe("given embeddings", () => {
  it("are a question an image, the prompts being class by class", async () => {
    const task = await readEmbeddings(filesIn(await folderOf(FILES)));
    expect(task.anchors.map(({ id, textVector }) => [id, ...textVector])).toEqual([
      ["0", 1, 0, 0],
      ["1", Math.fround(0.9), Math.fround(0.1), 0],
      ["2", 0, 0, 3],
      ["3", 0, Math.fround(0.1), 1],
    ]);
    expect(task.truths).toEqual([0, 1, 0]);
    expect(task.classes.map(({ prompts }) => prompts.map((prompt) => [...prompt]))).toEqual([
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      [
        [0, 0, 1],
        [0, 1, 1],
      ],
    ]);
  });

  it("may come in several files, in the order of their names", async () => {
    const { "ai.npy": whole, ...others } = FILES;
    const folder = await folderOf({
      ...others,
      "ai-0.npy": float32([3, 4], [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]),
      "ai-1.npy": float64([1, 4], [0, 0, 0, 1]),
      "l.npy": int32([3, 1], [0, 1, 0]),
      "whole.npy": whole,
    });
    const parts = await readEmbeddings(filesIn(folder, { anchorImages: join(folder, "ai-*.npy") }));
    const one = await readEmbeddings(filesIn(folder, { anchorImages: join(folder, "whole.npy") }));
    expect(parts).toEqual(one);
  });

  it.each(["labels.pkl", "labels-plain.pkl", "labels.pt"])(
    "are the same from files as PyTorch and Python write them, with labels from %s",
    async (labels) => {
      const torch = await readEmbeddings({
        anchorImages: join(TORCH, "aimgs_*.pt"),
        anchorTexts: join(TORCH, "atxts_0.pt"),
        images: join(TORCH, "zimgs.pt"),
        labels: join(TORCH, labels),
        texts: join(TORCH, "ztxts.pt"),
        promptsPerClass: 2,
      });
      expect(torch).toEqual(await readEmbeddings(filesIn(await folderOf(FILES))));
    },
  );

  it.each([
    ["images", "labels-plain.pkl", /labels-plain\.pkl: .* is no PyTorch checkpoint/],
    ["images", "labels.pt", /labels\.pt: .*"its tensor" is a LongStorage; floating-point numbers are read/],
    ["labels", "zimgs.pt", /zimgs\.pt: .*"a tensor" is a FloatStorage; whole numbers are read/],
    ["labels", "make.py", /make\.py: is no \.npy file/],
    ["labels", "nothing.pkl", /nothing\.pkl cannot be read/],
  ])("given as %s by %s are refused by its name", async (field, file, message) => {
    const files = filesIn(await folderOf(FILES), { [field]: join(TORCH, file) });
    await expect(readEmbeddings(files)).rejects.toThrow(message);
  });

  it("are classified without a collection, as ASIF's authors set it", async () => {
    const report = await evaluateEmbeddings({
      files: filesIn(await folderOf(FILES)),
      seeds: 2,
      methods: ["asif"],
      plugs: new Map(),
      parameters: { k: 2 },
      heatMap: true,
      signal: new AbortController().signal,
      progress: () => silentProgress,
    });
    expect(report.settings).toMatchObject({ k: 2, p: 8, transform: "none" });
    expect(report.rows).toMatchObject([{ anchors: 4, questions: 3, runs: 1 }]);
    expect(report.rows[0]?.accuracies[0]).toMatchObject({ top: 1, mean: 100, chance: 50 });
    expect(report.grid?.ks).toEqual([4]);
  });

  it.each([
    [
      "at.npy",
      float32([3, 3], new Array<number>(9).fill(1)),
      /at\.npy \(3 x 3\) and .*ai\.npy \(4 x 4\) must have as many rows/,
    ],
    [
      "i.npy",
      float32([3, 5], new Array<number>(15).fill(1)),
      /i\.npy \(3 x 5\) must be as wide as .*ai\.npy/,
    ],
    [
      "t.npy",
      float32([4, 4], new Array<number>(16).fill(1)),
      /t\.npy \(4 x 4\) must be as wide as .*at\.npy/,
    ],
    ["t.npy", float32([3, 3], new Array<number>(9).fill(1)), /t\.npy \(3 x 3\) must have 2 rows a class/],
    ["l.npy", int64([2], [0, 1]), /l\.npy has 2 labels, and .*i\.npy \(3 x 4\)/],
    ["l.npy", int64([3], [1, 2, 1]), /l\.npy: label 2 of image 1 names none of the 2 classes/],
    ["l.npy", int64([3], [-1, 0, 1]), /l\.npy: label -1 of image 0/],
    ["l.npy", float32([3], [0, 1, 0]), /l\.npy holds float32; int64, int32, uint16, uint8 are read here/],
    [
      "i.npy",
      float32([12], new Array<number>(12).fill(1)),
      /i\.npy has shape \(12\); rows of numbers are needed/,
    ],
    ["i.npy", float32([0, 4], []), /i\.npy has shape \(0, 4\)/],
    [
      "ai.npy",
      float32([4, 4], [1, 0, 0, 0, NaN, ...new Array<number>(11).fill(1)]),
      /ai\.npy: row 1 holds a number that is not finite/,
    ],
  ])("of which %s does not fit are refused by its name (%#)", async (name, bytes, message) => {
    await expect(readEmbeddings(filesIn(await folderOf({ ...FILES, [name]: bytes })))).rejects.toThrow(
      message,
    );
  });
});
