import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { npyHeader, npyOf } from "../../../src/features/files/npy/index.ts";
import { writeSafetensors } from "../../../src/features/files/safetensors/index.ts";
import type { ExportedFile } from "../../../src/features/importing/export-format.ts";
import { openExported } from "../../../src/features/importing/exported.ts";
import { openVectorArrays } from "../../../src/features/importing/vector-arrays.ts";
import { folderOf } from "./support.ts";

const IMAGES = Float32Array.of(1, 2, 3, 4, 5, 6);
const TEXTS = Float32Array.of(0.5, 0.25, -1, 8);

const npy = (numbers: Float32Array, shape: readonly number[]): Uint8Array =>
  Buffer.concat([npyHeader(shape), Buffer.from(numbers.buffer)]);

/** A `.npy` file of texts, as `numpy.array(["a", "bé"])` is saved. */
const npyTexts = (texts: readonly string[]): Uint8Array => {
  const width = Math.max(...texts.map((text) => Array.from(text).length));
  const header = Buffer.from(npyHeader([texts.length]))
    .toString("latin1")
    .replace("<f4", `<U${width}`);
  const codes = texts.flatMap((text) => {
    const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    return [...points, ...Array<number>(width - points.length).fill(0)];
  });
  return Buffer.concat([Buffer.from(header, "latin1"), Buffer.from(Uint32Array.from(codes).buffer)]);
};

const numbersOf = (base64: unknown): number[] =>
  Array.from(new Float32Array(Uint8Array.from(Buffer.from(String(base64), "base64")).buffer));

const read = async (file: ExportedFile | null): Promise<readonly (readonly unknown[])[]> => {
  const found: (readonly unknown[])[] = [];
  for await (const { anchor } of file?.anchors() ?? [])
    found.push([anchor.id, anchor.text, numbersOf(anchor.imageVector), numbersOf(anchor.textVector)]);
  return found;
};

const EXPECTED = [
  ["a", "a fox", [1, 2, 3], [0.5, 0.25]],
  ["bé", "an owl", [4, 5, 6], [-1, 8]],
];

describe("vectors from elsewhere", () => {
  it("are read from .npy files, row by row, with ids and captions from files of lines", async () => {
    const folder = await folderOf({
      "i.npy": npy(IMAGES, [2, 3]),
      "t.npy": npy(TEXTS, [2, 2]),
      "ids.txt": "a\nbé\n",
      "c.txt": "a fox\nan owl",
    });
    const [image, text, ids, captions] = ["i.npy", "t.npy", "ids.txt", "c.txt"].map((name) =>
      join(folder, name),
    );
    const file = await openVectorArrays({ image: image ?? "", text: text ?? "", ids, captions });
    expect(file.header.collection).toEqual({
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
    });
    expect(await read(file)).toEqual(EXPECTED);
    const numbered = await openVectorArrays({ image: image ?? "", text: text ?? "" });
    expect((await read(numbered)).map(([id]) => id)).toEqual(["0", "1"]);
  });

  it.each([
    ["compressed", 6],
    ["stored", 0],
  ] as const)("are read from a .npz file that is %s, by the usual names of its arrays", async (_, level) => {
    const members = {
      "image_embeddings.npy": npy(IMAGES, [2, 3]),
      "text_embeddings.npy": npy(TEXTS, [2, 2]),
      "ids.npy": npyTexts(["a", "bé"]),
      "captions.npy": npyTexts(["a fox", "an owl"]),
    };
    const folder = await folderOf({ "v.npz": zipSync(members, { level }) });
    expect(await read(await openExported(join(folder, "v.npz")))).toEqual(EXPECTED);
  });

  it("are read from a .safetensors file", async () => {
    const bytes = writeSafetensors(
      new Map([
        ["image_vectors", { shape: [2, 3], data: IMAGES }],
        ["text_vectors", { shape: [2, 2], data: TEXTS }],
      ]),
    );
    const folder = await folderOf({ "v.safetensors": bytes });
    expect(await read(await openExported(join(folder, "v.safetensors")))).toMatchObject([
      ["0", undefined, [1, 2, 3], [0.5, 0.25]],
      ["1", undefined, [4, 5, 6], [-1, 8]],
    ]);
  });

  it("are read from columns of a Parquet file, with its other columns as id, text and metadata", async () => {
    const file = parquetWriteBuffer({
      columnData: [
        { name: "key", data: ["a", "bé"], type: "STRING" },
        { name: "caption", data: ["a fox", "an owl"], type: "STRING" },
        { name: "owner", data: ["ann", "bo"], type: "STRING" },
        {
          name: "image_emb",
          data: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
        {
          name: "text_emb",
          data: [
            [0.5, 0.25],
            [-1, 8],
          ],
        },
      ],
    });
    const folder = await folderOf({ "v.parquet": new Uint8Array(file) });
    const opened = await openExported(join(folder, "v.parquet"));
    expect(await read(opened)).toEqual(EXPECTED);
    for await (const { anchor } of opened?.anchors() ?? []) expect(anchor.metadata).toHaveProperty("owner");
  });

  it("are refused where files have another number of rows, or an array is not there", async () => {
    const folder = await folderOf({
      "i.npy": npy(IMAGES, [2, 3]),
      "t.npy": npy(TEXTS, [1, 4]),
      "v.npz": zipSync({ "left.npy": npyOf(IMAGES), "right.npy": npyOf(TEXTS) }),
    });
    const at = (name: string): string => join(folder, name);
    await expect(openVectorArrays({ image: at("i.npy"), text: at("t.npy") })).rejects.toThrow(
      `${at("t.npy")} has 1 rows, and ${at("i.npy")} has 2`,
    );
    await expect(openExported(at("v.npz"))).rejects.toThrow(
      "it has left, right. Name them by --image-vectors",
    );
    await writeFile(at("x.npz"), "nothing");
    await expect(openExported(at("x.npz"))).rejects.toThrow("is no .npz archive");
  });
});
