import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVectorFiles } from "../../../src/features/index-building/index.ts";
import { npyHeader } from "../../../src/features/files/npy/index.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-vectors-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(root, name), content);
  return join(root, name);
};

const npy = (name: string, shape: readonly number[], values: readonly number[]) =>
  put(name, Buffer.concat([npyHeader(shape), Buffer.from(Float32Array.from(values).buffer)]));

const fvecs = (name: string, rows: readonly (readonly number[])[]) =>
  put(
    name,
    Buffer.concat(
      rows.map((row) =>
        Buffer.concat([
          Buffer.from(Int32Array.of(row.length).buffer),
          Buffer.from(Float32Array.from(row).buffer),
        ]),
      ),
    ),
  );

describe("files of vectors", () => {
  it("give row i of each to anchor i, by row numbers where no ids are given", async () => {
    const images = await npy("images.npy", [2, 3], [1, 2, 3, 4, 5, 6]);
    const texts = await fvecs("texts.fvecs", [
      [7, 8],
      [9, 10],
    ]);
    const table = await readVectorFiles({ images, texts });
    expect(table).toMatchObject({ ids: ["0", "1"], captions: null });
    expect([...table.images.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...table.texts.data]).toEqual([7, 8, 9, 10]);
  });

  it("take ids and captions from the lines of files", async () => {
    const images = await npy("i.npy", [2, 1], [1, 2]);
    const ids = await put("ids.txt", "a\nb\n");
    const captions = await put("captions.txt", "a fox\r\na crow");
    const table = await readVectorFiles({ images, texts: images, ids, captions });
    expect(table).toMatchObject({ ids: ["a", "b"], captions: ["a fox", "a crow"] });
  });

  it("are refused where one has other rows than the images, by its name", async () => {
    const images = await npy("two.npy", [2, 1], [1, 2]);
    const texts = await npy("three.npy", [3, 1], [1, 2, 3]);
    await expect(readVectorFiles({ images, texts })).rejects.toMatchObject({
      code: "invalid-input",
      message: `${texts} has 3 rows, and ${images} has 2`,
    });
    const ids = await put("one.txt", "a\n");
    await expect(readVectorFiles({ images, texts: images, ids })).rejects.toMatchObject({
      message: `${ids} has 1 rows, and ${images} has 2`,
    });
  });

  it("are refused where a .fvecs file is cut off, changes its dimension, or does not exist", async () => {
    const images = await npy("one.npy", [1, 1], [1]);
    const whole = Buffer.concat([Buffer.from(Int32Array.of(2).buffer), Buffer.alloc(8, 1)]);
    const cut = await put("cut.fvecs", whole.subarray(0, 10));
    await expect(readVectorFiles({ images, texts: cut })).rejects.toMatchObject({
      code: "corrupt-file",
      message: `${cut}: is no .fvecs file`,
    });
    const other = Buffer.concat([whole, Buffer.from(Int32Array.of(3).buffer), Buffer.alloc(8, 1)]);
    const mixed = await put("mixed.fvecs", other);
    await expect(readVectorFiles({ images, texts: mixed })).rejects.toMatchObject({
      message: `${mixed}: row 1 has another dimension`,
    });
    const absent = join(root, "absent.fvecs");
    await expect(readVectorFiles({ images, texts: absent })).rejects.toMatchObject({
      message: `${absent} does not exist`,
    });
  });
});
