import { join } from "node:path";
import { parquetWriteBuffer, type ColumnSource } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, rejectsIn, summaryOf } from "./support.ts";

const fileOf = (columnData: ColumnSource[], rowGroupSize?: number): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData, ...(rowGroupSize === undefined ? {} : { rowGroupSize }) }));

const read = async (bytes: Uint8Array, table: TableOptions = {}) => {
  const folder = await folderOf({ "t.parquet": bytes, "fox.png": "fox" });
  return entriesOf(await openPairSource([join(folder, "t.parquet")], { captionFrom: "auto", table }));
};

const PATHS: ColumnSource = { name: "path", data: ["fox.png", "b.png", "c.png"], type: "STRING" };
const CAPTIONS: ColumnSource = { name: "caption", data: ["a fox", "b", "c"], type: "STRING" };

describe("a Parquet table", () => {
  it("gives a pair for each row of each row group", async () => {
    const entries = await read(fileOf([PATHS, CAPTIONS], 2));
    expect(summaryOf(entries)).toEqual(["fox: a fox", "b: b", "c: c"]);
    expect(await pairsIn(entries)[0]?.image()).toEqual(Buffer.from("fox"));
  });

  it("reads numbers, dates and whole numbers beyond 2^53 as JSON can hold them", async () => {
    const [pair] = pairsIn(
      await read(
        fileOf([
          { name: "path", data: ["a.png"], type: "STRING" },
          { name: "caption", data: ["a"], type: "STRING" },
          { name: "small", data: [7n], type: "INT64" },
          { name: "large", data: [2n ** 60n], type: "INT64" },
          { name: "ratio", data: [0.5], type: "DOUBLE" },
          { name: "wrong", data: [NaN], type: "DOUBLE" },
          { name: "seen", data: [new Date(0)], type: "TIMESTAMP" },
        ]),
      ),
    );
    expect(pair?.metadata).toEqual({
      small: 7,
      large: "1152921504606846976",
      ratio: 0.5,
      seen: "1970-01-01T00:00:00.000Z",
    });
  });

  it("takes images that lie in it, with ids by their rows", async () => {
    const images = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const entries = await read(
      fileOf([
        { name: "image", data: images, type: "BYTE_ARRAY" },
        { name: "text", data: ["one", "two"], type: "STRING" },
      ]),
    );
    expect(summaryOf(entries)).toEqual(["t/1: one", "t/2: two"]);
    expect((await pairsIn(entries)[1]?.image())?.[0]).toBe(3);
  });

  it("takes Hugging Face's pairs of bytes and path, and the path for an id alone", async () => {
    const bytes = parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 2 },
        { name: "image", repetition_type: "OPTIONAL", num_children: 2 },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
        { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
      ],
      columnData: [
        {
          name: "image",
          data: [
            { bytes: Uint8Array.of(1, 2), path: "../a/owl.png" },
            { bytes: null, path: "fox.png" },
            { bytes: null, path: null },
          ],
        },
        { name: "text", data: ["one", "two", "three"] },
      ],
    });
    const entries = await read(new Uint8Array(bytes));
    expect(summaryOf(entries)).toEqual(["../a/owl: one", "fox: two", "! names no image"]);
    const [owl, fox] = await Promise.all(pairsIn(entries).map((pair) => pair.image()));
    expect(owl).toHaveLength(2);
    expect(fox).toEqual(Buffer.from("fox"));
  });

  it("rejects a row whose image has no bytes", async () => {
    const entries = await read(
      fileOf([
        { name: "image", data: [new Uint8Array(0)], type: "BYTE_ARRAY" },
        { name: "text", data: ["one"], type: "STRING" },
      ]),
    );
    expect(summaryOf(entries)).toEqual(["! the image has no bytes"]);
  });

  it("is rejected by its name where it is none, or cut", async () => {
    const whole = fileOf([PATHS, CAPTIONS]);
    for (const bytes of [
      Buffer.from("path,caption"),
      whole.subarray(0, whole.length / 2),
      new Uint8Array(0),
    ]) {
      const [rejected] = rejectsIn(await read(bytes));
      expect(rejected?.source).toMatch(/t\.parquet$/);
      expect(rejected?.reason).toMatch(/^cannot be read as Parquet: /);
    }
  });

  it("is refused where it has no caption column", async () => {
    await expect(read(fileOf([PATHS]))).rejects.toThrow(/t\.parquet: no caption column/);
  });
});
