import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EncoderId } from "../../src/types.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import {
  imageFolder,
  openRegistry,
  TABLE,
  textFolder,
  unit,
  WORDPIECE,
  writeFiles,
  writeOwn,
} from "./folders.ts";
import { imageModel, textModel } from "./models.ts";
import { makePicture, plain, pngOf, svg } from "./pictures.ts";

const id = (name: string) => name as EncoderId;

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
      faults: [{ path: [1] }],
    });
    await expect(registry.encodeTexts(id("text"), ["red", " \n", ""])).rejects.toMatchObject({
      code: "invalid-input",
      faults: [{ path: [1], message: "must not be empty" }],
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
