import { rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import type { EncoderId } from "../../src/types.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import {
  bytesOf,
  imageFolder,
  openRegistry,
  TABLE,
  textFolder,
  unit,
  WORDPIECE,
  writeFiles,
} from "./folders.ts";
import { sha256Of } from "../../src/encoders/checksum.ts";
import { externalTextModel, imageModel, textModel } from "./models.ts";
import { makePicture, plain, pngOf, svg } from "./pictures.ts";

const id = (name: string) => name as EncoderId;

/** A folder with an encoder.json of our own, its hashes right. */
const writeOwn = async (
  directory: string,
  given: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, unknown>> = {
    "model.onnx": textModel(TABLE, "vectors"),
    "tokenizer.json": WORDPIECE,
  },
): Promise<void> => {
  await writeFiles(directory, files);
  const sha256: Record<string, string> = {};
  for (const file of Object.keys(files)) sha256[file] = await sha256Of(join(directory, file));
  const manifest = {
    version: 1,
    id: "own",
    modality: "text",
    dimension: 3,
    source: "here",
    licence: "MIT",
    files: { model: "model.onnx", tokenizer: "tokenizer.json" },
    sha256,
    text: { maxLength: 8 },
    ...given,
  };
  await writeFile(join(directory, "encoder.json"), bytesOf(manifest));
};

describe("the registry of encoders", () => {
  it("lists images first, then by id, and says what each is", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "b-text"), textFolder());
    await writeFiles(join(folder, "z-image"), imageFolder());
    await writeOwn(join(folder, "somewhere"), { id: "a-text" });
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list().map((info) => info.id)).toEqual(["z-image", "a-text", "b-text"]);
    expect(registry.get("a-text", "text")).toEqual({
      id: "a-text",
      modality: "text",
      dimension: 3,
      default: false,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      source: "here",
      licence: "MIT",
    });
    expect(logged).toEqual([]);
  });

  it("does not find an encoder under the other modality, nor one that is not there", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), textFolder());
    const { registry } = await openRegistry(folder);
    expect(() => registry.get("small", "image")).toThrow('There is no image encoder "small".');
    await expect(registry.encodeImages(id("small"), [])).rejects.toMatchObject({ code: "not-found" });
    await expect(registry.encodeTexts(id("none"), ["a"])).rejects.toThrow('There is no text encoder "none".');
    expect(() => registry.defaultOf("image")).toThrow("There is no image encoder.");
  });

  it("takes as default the one that says so, else the first", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "a"), textFolder());
    expect((await openRegistry(folder)).registry.defaultOf("text").id).toBe("a");
    await writeOwn(join(folder, "own"), { default: true });
    expect((await openRegistry(folder)).registry.defaultOf("text").id).toBe("own");
  });

  it("has nothing where there is no folder", async () => {
    const { registry, logged } = await openRegistry(join(await temporaryDirectory(), "none"));
    expect(registry.list()).toEqual([]);
    expect(logged).toEqual([]);
  });

  it("reads folders that are links, and none whose name begins with a dot", async () => {
    const folder = await temporaryDirectory();
    const elsewhere = await temporaryDirectory();
    await writeFiles(elsewhere, textFolder());
    await symlink(elsewhere, join(folder, "linked"));
    await writeFiles(join(folder, ".part"), textFolder());
    expect((await openRegistry(folder)).registry.list().map((info) => info.id)).toEqual(["linked"]);
  });

  it("counts the first of two folders with one id, and says so", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "first"), { source: "first" });
    await writeOwn(join(folder, "second"), { source: "second" });
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list().map((info) => info.source)).toEqual(["first"]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('has the id "own" already');
  });
});

describe("a folder that is no whole encoder", () => {
  it.each([
    ["an empty one", {}, "config.json is missing"],
    [
      "a manifest that is no JSON",
      { "encoder.json": new TextEncoder().encode("{\n") },
      "encoder.json is not JSON",
    ],
    ["a manifest with faults", { "encoder.json": { version: 2 } }, "encoder.json: "],
  ])("is left out with one line, and the others stay: %s", async (_, files, why) => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "broken"), { ...files, "readme.txt": "" });
    await writeFiles(join(folder, "whole"), textFolder());
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list().map((info) => info.id)).toEqual(["whole"]);
    expect(logged).toEqual([expect.stringContaining(why)]);
    expect(logged[0]).toMatch(/^encoder folder .*broken is left out: [^\n]+$/);
  });

  it("is left out where a file that its manifest names is missing", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "own"));
    await rm(join(folder, "own", "model.onnx"));
    const { registry, logged } = await openRegistry(folder);
    expect(registry.list()).toEqual([]);
    expect(logged[0]).toContain("model.onnx is missing");
  });
});

describe("encoding with a folder of one's own", () => {
  it("gives the pooled token vectors, of norm 1", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), textFolder());
    const { registry } = await openRegistry(folder);
    const rows = await registry.encodeTexts(id("small"), ["a red fox", "sea"]);
    // [CLS] a red fox [SEP] and [CLS] sea [SEP], by id.
    [
      [2, 9, 4, 5, 3],
      [2, 8, 3],
    ].forEach((ids, text) => {
      const sum = [0, 1, 2].map((i) => ids.reduce((total, token) => total + (TABLE[token]?.[i] ?? 0), 0));
      unit(sum).forEach((value, i) => expect(rows[text * 3 + i]).toBeCloseTo(value, 6));
    });
  });

  it("gives an image's vector after its preprocessing", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), imageFolder());
    const { registry } = await openRegistry(folder);
    const rows = await registry.encodeImages(id("small"), [await plain(9, 5, "#ff8000"), svg("<rect/>")]);
    const expected = [
      [(1 - 0.5) / 0.25, (128 / 255 - 0.5) / 0.5, -0.5],
      [2, 1, 0.5],
    ].flatMap(unit);
    expected.forEach((value, i) => expect(rows[i]).toBeCloseTo(value, 6));
  });

  it("leaves rows apart where the network has pooled already, whatever the manifest says", async () => {
    const folder = await temporaryDirectory();
    for (const pooling of ["none", "mean", "cls"])
      await writeOwn(join(folder, pooling), { id: pooling, pooling });
    const { registry } = await openRegistry(folder);
    const texts = ["red", "blue sea", "a fox"];
    const [plainRows, ...others] = await Promise.all(
      ["none", "mean", "cls"].map((name) => registry.encodeTexts(id(name), texts)),
    );
    for (const rows of others) expect(rows).toEqual(plainRows);
  });

  it("gives nothing for nothing", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "text"), textFolder());
    await writeFiles(join(folder, "image"), imageFolder());
    const { registry } = await openRegistry(folder);
    expect(await registry.encodeTexts(id("text"), [])).toHaveLength(0);
    expect(await registry.encodeImages(id("image"), [])).toHaveLength(0);
  });

  it("loses only the end of a text beyond its length, and reads no further than it must", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), textFolder());
    const { registry } = await openRegistry(folder);
    const head = "red fox ".repeat(7);
    const [short, long] = await Promise.all(
      [head, head + "sea ".repeat(250_000)].map((text) => registry.encodeTexts(id("small"), [text])),
    );
    expect(long).toEqual(short);
  });
});

describe("an input that cannot be encoded", () => {
  it("is named by the lowest index, whichever fails first", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "image"), imageFolder());
    await writeFiles(join(folder, "text"), textFolder());
    const { registry } = await openRegistry(folder);
    const good = await plain(4, 4, "#fff");
    const large = await pngOf(makePicture(600, 600));
    // The damage at the end of a large file shows later than an empty one.
    const damaged = large.subarray(0, large.length / 2);
    const images = [
      good,
      damaged,
      good,
      Buffer.alloc(0),
      ...new Array<Buffer>(12).fill(good),
      Buffer.alloc(0),
    ];
    await expect(registry.encodeImages(id("image"), images)).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(/^The image /) as string,
      faults: [{ path: "1" }],
    });
    await expect(registry.encodeTexts(id("text"), ["red", " \n", ""])).rejects.toMatchObject({
      code: "invalid-input",
      faults: [{ path: "1", message: "must not be empty" }],
    });
  });
});

describe("a network that does not do what its manifest says", () => {
  it.each([
    ["has another dimension", { dimension: 4 }, "unsupported-model", "[1, 3]"],
    [
      "has no such output",
      { output: "pooled" },
      "unsupported-model",
      'has no output "pooled", but embedding',
    ],
    [
      "asks for an input of another name",
      { inputs: { ids: "ids" } },
      "unsupported-model",
      'asks for an input "input_ids"',
    ],
  ])("is told from it where it %s", async (_, given, code, message) => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "own"), given);
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("own"), ["red"])).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it("is told from it where it gives tokens that nobody pools", async () => {
    const folder = await temporaryDirectory();
    const files = { "model.onnx": textModel(TABLE), "tokenizer.json": WORDPIECE };
    await writeOwn(join(folder, "own"), {}, files);
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("own"), ["red"])).rejects.toThrow('its pooling is "none"');
  });

  it("is told from it where ONNX Runtime cannot run it on its input", async () => {
    const folder = await temporaryDirectory();
    // One row fewer than the vocabulary: the last token is out of the table.
    const files = { "model.onnx": textModel(TABLE.slice(0, -1), "vectors"), "tokenizer.json": WORDPIECE };
    await writeOwn(join(folder, "own"), {}, files);
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("own"), ["a"])).rejects.toMatchObject({
      code: "unsupported-model",
      message: expect.stringMatching(/^Encoder "own" cannot run on its input: [^\n]+$/) as string,
    });
  });

  it("is told from it where a vector has no direction", async () => {
    const folder = await temporaryDirectory();
    const files = {
      "model.onnx": textModel(
        TABLE.map(() => [0, 0, 0]),
        "vectors",
      ),
      "tokenizer.json": WORDPIECE,
    };
    await writeOwn(join(folder, "own"), {}, files);
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("own"), ["red"])).rejects.toMatchObject({ code: "unprocessable" });
  });
});

describe("files that changed after the folder was read", () => {
  it("are refused, and taken again once they are mended", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), textFolder());
    const { registry } = await openRegistry(folder);
    const model = join(folder, "small", "onnx", "model.onnx");
    await writeFile(model, textModel(TABLE.map(([a = 0, b = 0, c = 0]) => [c, b, a])));
    await expect(registry.encodeTexts(id("small"), ["red"])).rejects.toMatchObject({
      code: "corrupt-file",
      message: 'Encoder "small": onnx/model.onnx is not the file its sha256 names.',
    });
    await writeFile(model, textModel(TABLE));
    expect(await registry.encodeTexts(id("small"), ["red"])).toHaveLength(3);
  });

  it("are refused where weights lie in a file whose sha256 is not named", async () => {
    const folder = await temporaryDirectory();
    const { model, data } = externalTextModel(TABLE, "weights.bin");
    const files = { "model.onnx": model, "tokenizer.json": WORDPIECE };
    await writeOwn(join(folder, "own"), { pooling: "mean" }, files);
    await writeFile(join(folder, "own", "weights.bin"), data);
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("own"), ["red"])).rejects.toThrow(
      "its sha256 does not name weights.bin, which holds weights",
    );
  });

  it("are refused where the tokenizer is none", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "small"), {
      ...textFolder(),
      "tokenizer.json": { model: { type: "None" } },
    });
    const { registry } = await openRegistry(folder);
    await expect(registry.encodeTexts(id("small"), ["red"])).rejects.toMatchObject({ code: "corrupt-file" });
  });
});

describe("closing the registry", () => {
  it("waits for what is running, and takes nothing more", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "image"), imageFolder());
    await writeFiles(join(folder, "text"), textFolder());
    const registry = await openEncoderRegistry({ folders: [folder], log: () => undefined });
    const images = await Promise.all(Array.from({ length: 40 }, () => plain(200, 200, "#fff")));
    let encoded = 0;
    const running = [
      registry.encodeImages(id("image"), images).then(() => encoded++),
      registry.encodeTexts(id("text"), new Array<string>(200).fill("red")).then(() => encoded++),
    ];
    const closing = registry.close();
    await expect(registry.encodeTexts(id("text"), ["red"])).rejects.toMatchObject({ code: "unavailable" });
    await closing;
    expect(encoded).toBe(2);
    await Promise.all(running);
  });

  it("can be asked for twice, and before anything ran", async () => {
    const registry = await openEncoderRegistry({ folders: [], log: () => undefined });
    await Promise.all([registry.close(), registry.close()]);
    await expect(registry.close()).resolves.toBeUndefined();
  });

  it("ends as well where an encoder never opened", async () => {
    const folder = await temporaryDirectory();
    await writeOwn(join(folder, "own"), { inputs: { ids: "ids" } });
    const registry = await openEncoderRegistry({ folders: [folder], log: () => undefined });
    const failing = registry.encodeTexts(id("own"), ["red"]).catch(() => "failed");
    await registry.close();
    expect(await failing).toBe("failed");
  });
});

describe("a batch", () => {
  it("gives each image the vector that it has alone", async () => {
    const folder = await temporaryDirectory();
    await writeFiles(join(folder, "image"), { ...imageFolder(), "onnx/model.onnx": imageModel("vectors") });
    const { registry } = await openRegistry(folder);
    const images = await Promise.all(
      Array.from({ length: 19 }, (_, i) => plain(4 + i, 9, `#${(i * 13).toString(16).padStart(2, "0")}8040`)),
    );
    const rows = await registry.encodeImages(id("image"), images);
    for (const [i, image] of images.entries())
      expect(rows.subarray(i * 3, i * 3 + 3)).toEqual(await registry.encodeImages(id("image"), [image]));
  });
});
