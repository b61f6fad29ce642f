import { createHash } from "node:crypto";
import {
  cp,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openEncoderRegistry, type EncoderRegistry } from "../../../src/encoders/index.ts";
import type { EncoderId } from "../../../src/types.ts";
import { defaultEncoders } from "../../support/encoders.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import { openRegistry, writeFiles } from "../../encoders/folders.ts";
import { makePicture, plain, pngOf, svg } from "../../encoders/pictures.ts";
import { collectingLog, silentLog } from "../../support/log.ts";
import { importDefaultEncoders } from "../../../src/features/default-encoders/index.ts";

const IDS = ["inception-v3-mixed5-7", "inception-v3-mixed7", "use-lite"];
/** The quickest to import. */
const QUICK = "use-lite";

let whole: string;

beforeAll(async () => {
  whole = await defaultEncoders();
});

/** Every default encoder but `missing`, as links to the folders of the cache. */
const allBut = async (missing: string): Promise<string> => {
  const directory = await temporaryDirectory();
  for (const id of IDS) if (id !== missing) await symlink(join(whole, id), join(directory, id));
  return directory;
};

const importInto = async (directory: string): Promise<string[]> => {
  const lines: string[] = [];
  await importDefaultEncoders({ directory, log: collectingLog(lines) });
  return lines;
};

const hashOf = async (directory: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(join(directory, QUICK, "model.onnx")))
    .digest("hex");

describe("the default encoders", () => {
  it("are those that a collection gets which names none", async () => {
    const { registry, logged } = await openRegistry(whole);
    expect(registry.list().map(({ id }) => id)).toEqual(IDS);
    expect(registry.defaultOf("image")).toMatchObject({
      id: "inception-v3-mixed5-7",
      dimension: 2304,
      licence: "MIT",
    });
    expect(registry.defaultOf("text")).toMatchObject({
      id: "use-lite",
      dimension: 512,
      licence: "Apache-2.0",
    });
    expect(logged).toEqual([]);
  });

  it("are imported once, always to the same bytes, with a line before and after", async () => {
    const directory = await allBut(QUICK);
    expect(await importInto(directory)).toEqual([
      expect.stringMatching(/^importing Universal Sentence Encoder Lite .*as ONNX$/),
      expect.stringMatching(/^imported use-lite in [\d.]+ s$/),
    ]);
    expect(await hashOf(directory)).toBe(await hashOf(whole));
    const { mtimeMs } = await stat(join(directory, QUICK, "model.onnx"));
    expect(await importInto(directory)).toEqual([]);
    expect((await stat(join(directory, QUICK, "model.onnx"))).mtimeMs).toBe(mtimeMs);
    expect(await readdir(directory)).toEqual(IDS);
  });

  it("may be imported by two processes at once", async () => {
    const directory = await allBut(QUICK);
    await Promise.all([importInto(directory), importInto(directory)]);
    expect(await readdir(directory)).toEqual(IDS);
  });
});

describe("an import that was broken off", () => {
  it.each(["model.onnx", "vocabulary.json", "encoder.json"])("is never used: %s is missing", async (file) => {
    const directory = await temporaryDirectory();
    await cp(join(whole, QUICK), join(directory, QUICK), { recursive: true });
    await rm(join(directory, QUICK, file));
    const { registry, logged } = await openRegistry(directory);
    expect(registry.list()).toEqual([]);
    expect(logged).toHaveLength(1);
  });

  it("is made anew where its manifest is cut off", async () => {
    const directory = await allBut(QUICK);
    await cp(join(whole, QUICK), join(directory, QUICK), { recursive: true });
    await truncate(join(directory, QUICK, "encoder.json"), 40);
    expect(await importInto(directory)).toHaveLength(2);
    expect((await openRegistry(directory)).registry.list().map(({ id }) => id)).toEqual(IDS);
  });

  it("is told from a whole one where a file is cut off", async () => {
    const directory = await temporaryDirectory();
    await cp(join(whole, QUICK), join(directory, QUICK), { recursive: true });
    await truncate(join(directory, QUICK, "model.onnx"), 1000);
    const { registry } = await openRegistry(directory);
    await expect(registry.encodeTexts(QUICK as EncoderId, ["red"])).rejects.toMatchObject({
      code: "corrupt-file",
    });
  });

  it("leaves nothing behind for long", async () => {
    const directory = await allBut(QUICK);
    const [old, young] = [join(directory, ".use-lite-old"), join(directory, ".use-lite-young")];
    for (const leftover of [old, young]) {
      await mkdir(leftover);
      await writeFile(join(leftover, "model.onnx"), "half");
    }
    await utimes(old, new Date(0), new Date(0));
    await importInto(directory);
    expect(await readdir(directory)).toEqual([".use-lite-young", ...IDS]);
  });
});

describe("a folder of a user's own under a default encoder's name", () => {
  it("stays as it is", async () => {
    const directory = await allBut(QUICK);
    await writeFiles(join(directory, QUICK), { "notes.txt": "mine" });
    expect(await importInto(directory)).toEqual([]);
    expect(await readdir(join(directory, QUICK))).toEqual(["notes.txt"]);
  });
});

describe("encoding with the default encoders", () => {
  const similarity = (rows: Float32Array, d: number, a: number, b: number): number =>
    rows.subarray(a * d, (a + 1) * d).reduce((sum, value, i) => sum + value * (rows[b * d + i] ?? 0), 0);

  const opened = async (): Promise<EncoderRegistry> => (await openRegistry(whole)).registry;

  it("finds like sentences more alike than others", async () => {
    const registry = await opened();
    const rows = await registry.encodeTexts(QUICK as EncoderId, [
      "How old are you?",
      "What is your age?",
      "The stock market fell today.",
    ]);
    expect(similarity(rows, 512, 0, 1)).toBeGreaterThan(similarity(rows, 512, 0, 2) + 0.3);
  });

  it("gives rows of norm 1", async () => {
    const registry = await opened();
    const texts = await registry.encodeTexts(QUICK as EncoderId, ["a red fox", "?"]);
    const images = await registry.encodeImages(registry.defaultOf("image").id, [
      await plain(10, 10, "#804020"),
    ]);
    for (const row of [0, 1]) expect(similarity(texts, 512, row, row)).toBeCloseTo(1, 5);
    expect(similarity(images, 2304, 0, 0)).toBeCloseTo(1, 5);
  });

  it("gives each text of a batch the vector that it has alone", async () => {
    const registry = await opened();
    const texts = Array.from(
      { length: 40 },
      (_, i) => `${"the quick red fox jumps over a lazy dog ".repeat(i % 7)}${i}`,
    );
    const rows = await registry.encodeTexts(QUICK as EncoderId, texts);
    for (const i of [0, 1, 6, 13, 33, 39]) {
      const alone = await registry.encodeTexts(QUICK as EncoderId, [texts[i] ?? ""]);
      alone.forEach((value, j) => expect(Math.abs(value - (rows[i * 512 + j] ?? 0))).toBeLessThan(1e-5));
    }
  });

  it("gives each image of a batch the vector that it has alone", async () => {
    const registry = await opened();
    const { id, dimension } = registry.defaultOf("image");
    const images = [
      await pngOf(makePicture(64, 48)),
      svg('<circle cx="8" cy="8" r="6" fill="#0a0"/>'),
      ...(await Promise.all(Array.from({ length: 8 }, (_, i) => pngOf(makePicture(40 + i, 50, i + 2))))),
    ];
    const rows = await registry.encodeImages(id, images);
    for (const i of [0, 1, 9]) {
      const alone = await registry.encodeImages(id, images.slice(i, i + 1));
      alone.forEach((value, j) =>
        expect(Math.abs(value - (rows[i * dimension + j] ?? 0))).toBeLessThan(1e-5),
      );
    }
  });

  it("opens one session, however many ask at once", async () => {
    const registry = await openEncoderRegistry({ folders: [whole], log: silentLog });
    const rows = await Promise.all(
      Array.from({ length: 6 }, () => registry.encodeTexts(QUICK as EncoderId, ["a red fox"])),
    );
    for (const row of rows) expect(row).toEqual(rows[0]);
    await registry.close();
  });
});
