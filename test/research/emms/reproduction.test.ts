import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AUTHORS_FILES,
  readAccuracies,
  reproduceEmms,
  reproductionTable,
  type Accuracies,
} from "../../../research/emms/reproduction/index.ts";
import { runScript } from "../../scripts/run-script.ts";
import { normals, seededRandom } from "../../support/random.ts";
import { float32, float64, int64 } from "../../support/npy-bytes.ts";

const N = 48;
const CLASSES = 4;
const D2 = 6;

let root: string;
let accuracies: Accuracies;

/**
 * Files as the authors' scripts write them, small: 11 models on 11 data sets, of which each shows the classes the more
 * clearly the more accurate it was after fine-tuning.
 */
const writeFiles = async (features: string, fLabels: string): Promise<void> => {
  const random = seededRandom(1);
  const ids = Array.from({ length: N }, (_, i) => i % CLASSES);
  for (const [dataset, known] of Object.entries(accuracies)) {
    const ranked = Object.values(known).sort((a, b) => a - b);
    for (const [model, accuracy] of Object.entries(known)) {
      const d = 5 + (model.length % 3);
      const centres = normals(CLASSES * d, random);
      const noise = 0.2 + 0.3 * (ranked.length - ranked.indexOf(accuracy));
      const spread = normals(N * d, random);
      const values = [...spread].map(
        (value, at) => (centres[(ids[Math.floor(at / d)] ?? 0) * d + (at % d)] ?? 0) + noise * value,
      );
      await writeFile(join(features, `${model}_${dataset}_feature.npy`), float32([N, d], values));
      await writeFile(join(features, `${model}_${dataset}_label.npy`), int64([N], ids));
    }
    for (const encoder of ["bert", "clip", "gpt2"]) {
      const values = [...normals(CLASSES * D2, random)];
      await writeFile(join(fLabels, `${dataset}_${encoder}_1024_nonorm.npy`), float64([CLASSES, D2], values));
    }
  }
};

beforeAll(async () => {
  accuracies = await readAccuracies();
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  await mkdir(join(root, "group1"));
  await writeFiles(join(root, "group1"), root);
});

afterAll(() => rm(root, { recursive: true }));

const files = () => ({ ...AUTHORS_FILES, features: join(root, "group1"), fLabels: root });
const reproduce = (more: Partial<Parameters<typeof reproduceEmms>[0]> = {}) =>
  reproduceEmms({
    files: files(),
    methods: ["emms", "hscore", "knn"],
    accuracies,
    rounds: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });

describe("the published accuracies", () => {
  it("are those of 11 CNNs on 11 data sets", () => {
    expect(Object.keys(accuracies)).toHaveLength(11);
    for (const known of Object.values(accuracies)) expect(Object.keys(known)).toHaveLength(11);
    expect(accuracies.aircraft).toMatchObject({ resnet34: 84.06, inception_v3: 80.15 });
    expect(accuracies.voc2007).toMatchObject({ densenet169: 85.77, mnasnet1_0: 81.06 });
  });
});

describe("the reproduction of EMMS' comparison", () => {
  it("judges every method on every data set by weighted Kendall tau", async () => {
    const found = await reproduce();
    expect(found.map(({ dataset }) => dataset)).toEqual(Object.keys(accuracies));
    for (const { models, methods } of found) {
      expect(models).toHaveLength(11);
      expect(methods.map(({ method }) => method)).toEqual(["emms", "hscore", "knn"]);
      for (const { tau } of methods) expect(tau).toBeGreaterThan(0);
    }
    const lines = reproductionTable(found);
    expect(lines).toHaveLength(1 + 11 + 3);
    expect(lines[0]).toMatch(/^dataset +models +emms +hscore +knn$/);
    expect(lines[12]).toMatch(/^mean +0\.\d{3} +0\.\d{3} +0\.\d{3}$/);
    expect(lines[13]).toMatch(/^best first +\d+\/11 +\d+\/11 +\d+\/11$/);
  });

  it("leaves out models whose files are not there, and data sets with fewer than two", async () => {
    const known = accuracies.dtd ?? {};
    const found = await reproduce({
      methods: ["knn"],
      accuracies: {
        dtd: { resnet34: known.resnet34 ?? 0, alexnet: 1, resnet50: known.resnet50 ?? 0 },
        pets: { resnet34: 1, alexnet: 2 },
        imagenet: { resnet34: 1, resnet50: 2 },
      },
    });
    expect(found).toMatchObject([{ dataset: "dtd", models: ["resnet34", "resnet50"] }]);
    const both = found[0]?.methods[0];
    expect(both?.tau).toBeCloseTo(both?.bestFirst === true ? 1 : -1, 12);
  });

  it("takes label embeddings of each sample, and of different widths, too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "anchorage-"));
    const random = seededRandom(5);
    await writeFile(join(folder, "dtd_wide.npy"), float32([N, 9], [...normals(N * 9, random)]));
    await writeFile(join(folder, "dtd_narrow.npy"), float32([CLASSES, 3], [...normals(CLASSES * 3, random)]));
    const found = await reproduce({
      files: { ...files(), fLabels: folder, fLabelFiles: ["{dataset}_wide.npy", "{dataset}_narrow.npy"] },
      methods: ["emms"],
      accuracies: { dtd: accuracies.dtd ?? {} },
    });
    expect(found[0]?.methods[0]?.tau).toEqual(expect.any(Number));
    await rm(folder, { recursive: true });
  });

  it.each<[string, Buffer, RegExp]>([
    [
      "resnet34_dtd_label.npy",
      int64([N - 1], new Array<number>(N - 1).fill(0)),
      /has 47 labels; there are 48 rows/,
    ],
    ["resnet34_dtd_label.npy", int64([N], [-1, ...new Array<number>(N - 1).fill(0)]), /a label below 0/],
    ["resnet34_dtd_label.npy", int64([N], [9, ...new Array<number>(N - 1).fill(0)]), /labels up to 9/],
    ["resnet34_dtd_feature.npy", float32([N], new Array<number>(N).fill(0)), /rows of numbers are needed/],
    [
      "resnet34_dtd_feature.npy",
      float32([N, 1], [NaN, ...new Array<number>(N - 1).fill(0)]),
      /row 0 .* not finite/,
    ],
  ])("names %s where it does not fit", async (name, bytes, message) => {
    const folder = await mkdtemp(join(tmpdir(), "anchorage-"));
    for (const model of ["resnet34", "resnet50"]) {
      await writeFile(
        join(folder, `${model}_dtd_feature.npy`),
        float32([N, 1], [...normals(N, seededRandom(2))]),
      );
      await writeFile(
        join(folder, `${model}_dtd_label.npy`),
        int64(
          [N],
          Array.from({ length: N }, (_, i) => i % 2),
        ),
      );
    }
    await writeFile(join(folder, name), bytes);
    await expect(
      reproduce({ files: { ...files(), features: folder }, accuracies: { dtd: accuracies.dtd ?? {} } }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
    });
    await rm(folder, { recursive: true });
  });

  it("is printed by npm run reproduce-emms", async () => {
    const given = [
      "--features",
      join(root, "group1"),
      "--f-labels",
      root,
      "--dataset",
      "dtd",
      "--dataset",
      "cars",
    ];
    const { status, stdout } = await runScript("reproduce-emms", [...given, "--method", "knn"], root);
    expect(stdout.split("\n")[0]).toMatch(/^dataset +models +knn$/);
    expect(stdout).toMatch(/^dtd +11 +\d\.\d{3}$/m);
    expect(status).toBe(0);
    const nowhere = await runScript("reproduce-emms", ["--features", join(root, "nowhere")], root);
    expect([nowhere.status, nowhere.stderr]).toEqual([
      1,
      expect.stringContaining("no features and labels of two models"),
    ]);
  });
});
