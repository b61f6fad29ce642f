import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  openPairSource,
  type CaptionFrom,
  type TableOptions,
} from "../../../src/features/importing/index.ts";
import { withFields, XMP } from "./image-fields.ts";
import { entriesOf, folderOf, pairsIn, picture, summaryOf } from "./support.ts";

const read = async (
  files: Readonly<Record<string, string | Uint8Array>>,
  captionFrom: CaptionFrom = "auto",
  table: TableOptions = {},
) => entriesOf(await openPairSource([await folderOf(files)], { captionFrom, table }));

const utf16 = (text: string): Buffer => Buffer.from(`\u{FEFF}${text}`, "utf16le");

describe("the caption files beside images", () => {
  it.each([
    ["fox.txt", "a fox", ".txt"],
    ["FOX.TXT", "a fox", ".txt"],
    ["fox.caption", "a fox", ".caption"],
    ["fox.jpg.txt", "a fox", ".jpg.txt"],
    ["fox.json", '{"caption":"a fox"}', ".json"],
    ["fox.jpg.json", '{"description":"a fox"}', ".jpg.json"],
    ["fox.txt", utf16("a fox"), ".txt"],
    ["fox.xmp", XMP, ".xmp"],
  ])("are read: %s", async (name, contents, label) => {
    const [pair, ...others] = await read({ "fox.jpg": "", [name]: contents });
    expect(pair).toMatchObject({ id: "fox", captionFrom: { kind: "sidecar", label } });
    expect(pair).toMatchObject({ text: expect.stringMatching(/^a (red )?fox$/) as string });
    expect(others).toEqual([]);
  });

  it("are found in the other Unicode form, and by their own case first", async () => {
    const files = {
      ["café.jpg".normalize("NFC")]: "",
      ["café.txt".normalize("NFD")]: "a cup",
      "a.jpg": "",
      "a.txt": "small",
      "A.jpg": "",
      "A.txt": "large",
    };
    expect(summaryOf(await read(files))).toEqual(["A: large", "a: small", "café: a cup"]);
  });

  it("give one pair for each caption of a list, and metadata", async () => {
    const json = '{"caption":["a fox","a red fox"],"key":"000","similarity":NaN}';
    const entries = await read({ "fox.jpg": "", "fox.json": json });
    expect(summaryOf(entries)).toEqual(["fox: a fox", "fox: a red fox"]);
    expect(pairsIn(entries)[0]?.metadata).toEqual({ key: "000" });
  });

  it("are metadata where .txt has the caption, and named where they say something else", async () => {
    const files = {
      "fox.jpg": "",
      "fox.txt": "a fox",
      "fox.json": '{"caption":"a fox","width":96}',
      "owl.jpg": "",
      "owl.txt": "an owl",
      "owl.caption": "a bird",
    };
    const entries = await read(files);
    expect(pairsIn(entries)[0]?.metadata).toEqual({ width: 96 });
    expect(entries[2]).toMatchObject({
      kind: "ignored",
      captionKind: "sidecar",
      source: expect.stringMatching(/owl\.caption$/) as string,
      reason: "another caption is taken, from .txt",
    });
  });
});

describe("a table in a folder of images", () => {
  it.each([
    [
      "metadata.jsonl",
      '{"file_name":"b1.jpg","text":"a fox"}\n{"file_name":"b2.jpg","text":"an owl","n":1}\n',
    ],
    ["metadata.csv", "file_name,text,n\nb1.jpg,a fox,\nb2.jpg,an owl,1\n"],
    ["captions.txt", "image,caption,n\nb1.jpg,a fox,\nb2.jpg,an owl,1\n"],
  ])("gives its images their captions: %s", async (name, text) => {
    const entries = await read({ "b1.jpg": "", "b2.jpg": "", [name]: text });
    expect(summaryOf(entries)).toEqual(["b1: a fox", "b2: an owl"]);
    expect(pairsIn(entries)[1]).toMatchObject({
      captionFrom: { kind: "table", label: name },
      metadata: { n: 1 },
    });
  });

  it("names images of a folder beside it, and several captions an image", async () => {
    const entries = await read({
      "images/one.jpg": "",
      "images/two.jpg": "",
      "captions.csv": "image,caption\none.jpg,a fox\none.jpg,a red fox\ntwo.jpg,an owl\nthree.jpg,lost\n",
    });
    expect(summaryOf(entries)).toEqual([
      "images/one: a fox",
      "images/one: a red fox",
      "images/two: an owl",
      expect.stringMatching(/^! "three\.jpg" is not in /),
    ]);
  });

  it("of COCO is read with the images below", async () => {
    const coco = {
      images: [{ id: 1, file_name: "0.jpg" }],
      annotations: [
        { id: 1, image_id: 1, caption: "a fox" },
        { id: 2, image_id: 1, caption: "a red fox" },
      ],
    };
    const text = JSON.stringify(coco);
    for (const path of ["captions.json", "annotations/captions.json"])
      expect(summaryOf(await read({ "train/0.jpg": "", [path]: text }))).toEqual([
        "train/0: a fox",
        "train/0: a red fox",
      ]);
    const [first, second, row] = await read({ "train/0.jpg": "", "val/0.jpg": "", "captions.json": text });
    expect([first, second]).toMatchObject([{ kind: "reject" }, { kind: "reject" }]);
    expect(row).toMatchObject({ reason: expect.stringMatching(/^"0.jpg" is in several folders/) as string });
  });

  it("is reported with the reason where it is not used", async () => {
    const table = "image,caption\na.jpg,from the table\n";
    const files = { "a.jpg": "", "a.txt": "a fox", "captions.csv": table, "prices.csv": "what,price\nx,1\n" };
    const entries = await read(files);
    expect(entries.slice(1)).toMatchObject([
      { kind: "ignored", reason: "is no image, and no captions of one" },
      {
        kind: "ignored",
        captionKind: "table",
        reason: "every image that it names has its caption from another source",
      },
    ]);
    expect(summaryOf(await read(files, ["table"]))[0]).toBe("a: from the table");
  });
});

describe("what an image says of itself", () => {
  it("is its caption, and metadata", async () => {
    const image = await withFields(await picture(30), {
      iptc: [
        [120, "a fox, at a café"],
        [105, "Fox of the year"],
        [25, "fox"],
        [25, "winter"],
        [90, "Munich"],
        [101, "Germany"],
      ],
      exif: { date: "2019:05:04 12:33:10", latitude: 48, longitude: 11 },
    });
    const [pair] = pairsIn(await read({ "IMG_1.jpg": image }));
    expect(pair).toMatchObject({
      text: "a fox, at a café",
      captionFrom: { kind: "embedded", label: "IPTC captions" },
    });
    expect(pair?.metadata).toEqual({
      headline: "Fox of the year",
      keywords: ["fox", "winter"],
      date: "2019-05-04T12:33:10",
      place: "Munich, Germany",
      latitude: 48,
      longitude: 11,
    });
  });

  it("is read from XMP and from EXIF, but not what a camera wrote there", async () => {
    const plain = await picture(30);
    const entries = await read({
      "IMG_1.jpg": await withFields(plain, { xmp: XMP }),
      "IMG_2.jpg": await withFields(plain, { exif: { description: "an owl" } }),
      "IMG_3.jpg": await withFields(plain, { exif: { description: "OLYMPUS DIGITAL CAMERA" } }),
    });
    expect(summaryOf(entries)).toEqual([
      "IMG_1: a red fox",
      "IMG_2: an owl",
      expect.stringMatching(/^! has no words in its name/),
    ]);
    expect(pairsIn(entries)[0]?.metadata).toEqual({ keywords: ["fox", "snow"], place: "Munich" });
  });

  it("comes after the files beside it", async () => {
    const image = await withFields(await picture(30), { xmp: XMP });
    const [pair] = pairsIn(await read({ "a.jpg": image, "a.txt": "an owl" }));
    expect(pair).toMatchObject({ text: "an owl", metadata: { keywords: ["fox", "snow"] } });
  });
});

describe("the folder that an image lies in", () => {
  it("is metadata, unless it is left out", async () => {
    const files = { "birds/owls/a.jpg": "", "b.jpg": "" };
    expect(pairsIn(await read(files)).map(({ metadata }) => metadata)).toEqual([
      {},
      { folder: "birds/owls" },
    ]);
    expect(pairsIn(await read(files, "auto", { without: ["folder"] }))[1]?.metadata).toEqual({});
  });
});

it("an image of a format that is not read is rejected by the name of the format", async () => {
  const folder = await folderOf({ "a.heic": "", "b.bmp": "", "c.jfif": "", "d.jpe": "" });
  const entries = await entriesOf(await openPairSource([folder], { captionFrom: "auto", table: {} }));
  expect(entries).toMatchObject([
    { source: join(folder, "a.heic"), reason: expect.stringMatching(/^HEIC is not read here/) as string },
    { source: join(folder, "b.bmp"), reason: expect.stringMatching(/^BMP is not read here/) as string },
    { kind: "pair", id: "c" },
    { kind: "pair", id: "d" },
  ]);
});
