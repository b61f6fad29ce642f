import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConnection, type Connection } from "../../../src/cli/open.ts";
import { readConfig } from "../../../src/config.ts";
import { openEncoderRegistry, type EncoderRegistry } from "../../../src/encoders/index.ts";
import {
  evaluateCollection,
  evaluateDataset,
  tableOf,
  writeReport,
} from "../../../src/features/evaluation/index.ts";
import { silentProgress } from "../../../src/progress.ts";
import { imageOf } from "../../../src/features/client.ts";
import type { CollectionName } from "../../../src/types.ts";
import { QUICK, writeEncoders } from "../importing/encoders.ts";
import { folderOf, picture } from "../importing/support.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { collectingLog } from "../../support/log.ts";

const COLOURS = "colours" as CollectionName;
/** In degrees of hue. */
const HUES = { red: 0, yellow: 60, green: 120, blue: 240 };

let root: string;
let database: TestDatabase;
let client: Connection;
let registry: EncoderRegistry;
const lines: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  const encoders = join(root, "encoders");
  await writeEncoders(encoders);
  database = await freshDatabase();
  const log = collectingLog(lines);
  client = await openConnection({
    url: undefined,
    config: readConfig({ DATA_DIR: root, DATABASE_URL: database.url }),
    log,
  });
  registry = await openEncoderRegistry({ folders: [encoders], log });
  await client.createCollection({
    name: COLOURS,
    imageEncoder: QUICK,
    transform: "none",
    asif: { k: 4, p: 1 },
  });
  for (const [name, hue] of Object.entries(HUES)) {
    const anchors = [-8, 0, 8].map(async (shift) => ({
      id: `${name}${shift}`,
      text: `the colour ${name}`,
      image: imageOf(await picture(hue + shift)),
      metadata: { name },
    }));
    await client.collection(COLOURS).putAnchors(await Promise.all(anchors));
  }
});

afterAll(async () => {
  await registry.close();
  await client.close();
  await database.drop();
  await rm(root, { recursive: true });
});

const options = () => ({
  client,
  collection: COLOURS,
  seeds: 2,
  methods: ["asif"] as const,
  plugs: new Map(),
  parameters: {},
  heatMap: false,
  signal: new AbortController().signal,
  log: collectingLog(lines),
  progress: () => silentProgress,
});

describe("the evaluation of a collection", () => {
  it("holds captions out of its own anchors", async () => {
    const report = await evaluateCollection({ ...options(), classes: 300, field: undefined });
    expect(report.rows.map(({ anchors, questions }) => ({ anchors, questions }))).toEqual([
      { anchors: 6, questions: 12 },
    ]);
    expect(report.settings).toMatchObject({ classes: 2, seeds: 2, collection: { name: "colours" } });
  });

  it("says where a field has too few values", async () => {
    const evaluation = evaluateCollection({ ...options(), classes: 300, field: "size" });
    await expect(evaluation).rejects.toThrow(/0 distinct values of "size"/);
  });

  it("classifies the images of a folder whose folders are named for their classes", async () => {
    const folder = join(root, "photos");
    for (const [name, hue] of Object.entries(HUES)) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, "one.png"), await picture(hue + 3));
    }
    await writeFile(join(folder, "red", "broken.png"), "no picture");
    const report = await evaluateDataset({
      ...options(),
      registry,
      path: folder,
      classNames: undefined,
      templates: ["the colour {}"],
      directory: join(root, "vectors"),
    });
    expect(report.rows.at(-1)).toMatchObject({ anchors: 12, questions: 4, runs: 1 });
    expect(report.rows.at(-1)?.accuracies[0]).toMatchObject({ top: 1, mean: 100, chance: 25 });
    expect(lines.filter((line) => line.startsWith("left out: "))).toEqual([
      expect.stringContaining("broken.png") as string,
    ]);
  });

  it("keeps the vectors of a data set's images, and still says what could not be read", async () => {
    const folder = await folderOf({
      "pics/a/1.png": await picture(HUES.red),
      "pics/a/2.png": "no picture",
      "pics/b/1.png": await picture(HUES.blue),
      "names.txt": "red\nblue\n",
    });
    const evaluate = () => {
      lines.length = 0;
      return evaluateDataset({
        ...options(),
        methods: ["asif", "ridge"],
        parameters: { k: 2, p: 3 },
        registry,
        path: join(folder, "pics"),
        classNames: join(folder, "names.txt"),
        templates: ["{}", "the colour {}"],
        directory: join(root, "vectors"),
      });
    };
    const leftOut = (): string[] => lines.filter((line) => line.startsWith("left out"));
    const first = await evaluate();
    expect(leftOut()).toEqual([expect.stringMatching(/^left out: .*2\.png: /) as string]);
    const second = await evaluate();
    expect(leftOut()).toEqual([
      `left out: ${join(folder, "pics", "a", "2.png")}: an earlier run could not read it`,
    ]);
    expect(second).toEqual(first);
    expect(first.settings).toMatchObject({
      k: 2,
      p: 3,
      classes: ["red", "blue"],
      methods: ["asif", "ridge"],
    });
    expect(first.rows.map(({ configuration, questions }) => [configuration.name, questions])).toEqual([
      ["asif", 2],
      ["ridge", 2],
    ]);
    expect(first.comparisons).toMatchObject([{ name: "ridge", against: "asif" }]);
  });

  it("is told as a table, and kept as JSON and a picture", async () => {
    const report = await evaluateCollection({ ...options(), classes: 2, field: "name" });
    expect(tableOf(report)).toMatch(/anchors +top-1 % \(95 %\)/);
    const files = await writeReport(report, join(root, "out"));
    expect(files.map((file) => file.split("/").at(-1))).toEqual(["report.json", "scaling.svg"]);
    expect(JSON.parse(await readFile(files[0] ?? "", "utf8"))).toEqual(JSON.parse(JSON.stringify(report)));
  });
});
