import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, picture, summaryOf } from "./support.ts";

const read = async (
  name: string,
  text: string | Uint8Array,
  table: TableOptions = {},
  files: Readonly<Record<string, string | Uint8Array>> = {},
) => {
  const folder = await folderOf({ [name]: text, ...files });
  return entriesOf(await openPairSource([join(folder, name)], { captionFrom: "auto", table }));
};

describe("the separator of a table", () => {
  it.each([
    ["a semicolon", "t.csv", "image;caption\n0.jpg;a red circle, and round\n"],
    ["a tab", "t.csv", "filepath\ttitle\n0.jpg\ta red circle, and round\n"],
    ["a bar", "t.csv", "image_name| comment\n0.jpg| a red circle, and round\n"],
    ["a comma in a .tsv", "t.tsv", 'image,caption\n0.jpg,"a red circle, and round"\n'],
  ])("is found in the header: %s", async (_, name, text) => {
    expect(summaryOf(await read(name, text))).toEqual(["0: a red circle, and round"]);
  });

  it("is the one that is given", async () => {
    const entries = await read("t.csv", "image~caption\n0.jpg~a fox\n", { delimiter: "~" });
    expect(summaryOf(entries)).toEqual(["0: a fox"]);
  });

  it("is asked for where the header has one column", async () => {
    await expect(read("t.csv", "image~caption\n0.jpg~a fox\n")).rejects.toThrow(
      "Its header has one column: --delimiter names what separates cells.",
    );
  });
});

describe("quotes in a tab-separated table", () => {
  it.each([
    [
      "are kept where a cell goes on after one",
      'image\tcaption\n0.jpg\t"Red" is the circle\n1.jpg\ta 6" square\n2.jpg\tx\n',
      ['0: "Red" is the circle', '1: a 6" square', "2: x"],
    ],
    [
      "join no rows",
      'image\tcaption\n0.jpg\t"a circle, he said\n1.jpg\tthen a square"\n2.jpg\tx\n',
      ['0: "a circle, he said', '1: then a square"', "2: x"],
    ],
    [
      "mean something where each cell that starts with one ends with one",
      'image\tcaption\n0.jpg\t"a ""red""\tcircle"\n1.jpg\t"a square\non two lines"\n2.jpg\tx\n',
      ['0: a "red" circle', "1: a square on two lines", "2: x"],
    ],
  ])("%s", async (_, text, expected) => {
    expect(summaryOf(await read("t.tsv", text))).toEqual(expected);
  });
});

describe("the cells of a table", () => {
  it("have one type a column", async () => {
    const text =
      "image,caption,title,zip,year,ok,mixed\n0.jpg,a,1984,02134,2020,true,true\n1.jpg,b,Dune,10115,2021,false,7\n";
    expect(pairsIn(await read("t.csv", text)).map(({ metadata }) => metadata)).toEqual([
      { title: "1984", zip: "02134", year: 2020, ok: true, mixed: "true" },
      { title: "Dune", zip: "10115", year: 2021, ok: false, mixed: "7" },
    ]);
  });

  it("are all kept where two columns have one name, or a column has none", async () => {
    const [pair] = pairsIn(await read("t.csv", ",image,caption,note,note\n0,0.jpg,a,x,y\n"));
    expect(pair?.metadata).toEqual({ "column 1": 0, note: "x", "note 2": "y" });
  });

  it("name images in the usual columns, whatever their case", async () => {
    for (const name of ["filename", "FilePath", "IMAGE_PATH", "Image Name", "img"])
      expect(summaryOf(await read("t.csv", `${name},Title\n0.jpg,a\n`))).toEqual(["0: a"]);
  });

  it("hold paths with backslashes", async () => {
    const [pair] = pairsIn(await read("t.csv", "image,caption\nimg\\0.jpg,a\n", {}, { "img/0.jpg": "0" }));
    expect(pair).toMatchObject({ id: "img/0", name: "img/0.jpg" });
    expect(await pair?.image()).toEqual(Buffer.from("0"));
  });

  it.each([
    ["NFC", "NFD"],
    ["NFD", "NFC"],
  ])("find a file whose path they write in %s and whose name is in %s", async (written, named) => {
    const path = "über/café.jpg";
    const text = `image,caption\n${path.normalize(written)},a\n`;
    const [pair] = pairsIn(await read("t.csv", text, {}, { [path.normalize(named)]: "found" }));
    expect(await pair?.image()).toEqual(Buffer.from("found"));
  });

  it("hold images in base64 and as data: URLs", async () => {
    const image = await picture(30);
    const base64 = image.toString("base64");
    const text = `image,caption\n${base64},a\n"data:image/png;base64,${base64}",b\n"data:image/svg+xml,%3Csvg/%3E",c\n`;
    const pairs = pairsIn(await read("t.csv", text));
    expect(pairs.map(({ id, embedded }) => [id, embedded])).toEqual([
      ["t/2", true],
      ["t/3", true],
      ["t/4", true],
    ]);
    expect(await Promise.all(pairs.map((pair) => pair.image()))).toEqual([
      image,
      image,
      Buffer.from("<svg/>"),
    ]);
  });

  it("hold an image as an object in JSON lines, and a list of one", async () => {
    const base64 = (await picture(30)).toString("base64");
    const rows = [{ base64 }, { bytes: base64, path: "x/y.png" }, ["0.jpg"], ["0.jpg", "1.jpg"]];
    const text = rows.map((image) => JSON.stringify({ image, caption: "a" })).join("\n");
    expect(summaryOf(await read("t.jsonl", text))).toEqual([
      "t/1: a",
      "x/y: a",
      "0: a",
      "! its image is a list of 2, and one is expected",
    ]);
  });

  it("give a pair for each caption of a list, and each once", async () => {
    const text = '{"image":"0.jpg","caption":["a red  circle","a round thing","a red circle",""]}';
    expect(summaryOf(await read("t.jsonl", text))).toEqual(["0: a red circle", "0: a round thing"]);
  });

  it("keep ids and fields that a double cannot hold as texts", async () => {
    const text =
      '{"id":9007199254740992,"image":"0.jpg","caption":"a","post":1234567890123456789}\n' +
      '{"id":9007199254740993,"image":"1.jpg","caption":"b","score":NaN}\n';
    expect(pairsIn(await read("t.jsonl", text))).toMatchObject([
      { id: "9007199254740992", metadata: { post: "1234567890123456789" } },
      { id: "9007199254740993", metadata: {} },
    ]);
  });
});

describe("a table in another encoding", () => {
  it.each(["t.csv", "t.tsv", "t.jsonl"])("is read by its mark as UTF-16: %s", async (name) => {
    const texts: Record<string, string> = {
      "t.csv": "image,caption\n0.jpg,a café\n",
      "t.tsv": "image\tcaption\n0.jpg\ta café\n",
      "t.jsonl": '{"image":"0.jpg","caption":"a café"}\n',
    };
    const little = Buffer.from(`\u{FEFF}${texts[name] ?? ""}`, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()])
      expect(summaryOf(await read(name, bytes))).toEqual(["0: a café"]);
  });

  it("is rejected without control characters where it has no mark", async () => {
    const [entry] = await read("t.jsonl", Buffer.from('{"image":"0.jpg"}', "utf16le"));
    expect(entry).toMatchObject({
      kind: "reject",
      reason: expect.stringMatching(/^is not JSON: [ -~]+$/) as string,
    });
  });
});

describe("a table without a header", () => {
  it("is read where it has an image and a caption a row, as Flickr30k's token files have", async () => {
    const tokens = '0.jpg#0\ta red circle\n0.jpg#1\ta round thing\n1.jpg#0\ta "blue" square\n';
    for (const name of ["results.token", "captions.txt", "t.tsv"])
      expect(summaryOf(await read(name, tokens))).toEqual([
        "0: a red circle",
        "0: a round thing",
        '1: a "blue" square',
      ]);
    expect(summaryOf(await read("t.tsv", "a red circle\t0.jpg\na square\t1.jpg\n"))).toEqual([
      "0: a red circle",
      "1: a square",
    ]);
  });
});

describe("the folder of a table's images", () => {
  const text = "image,caption\none.jpg,a\ntwo.jpg,b\n";

  it("is found where one below the table's has all of them", async () => {
    const files = { "data/images/one.jpg": "1", "data/images/two.jpg": "2", "other/one.jpg": "x" };
    const pairs = pairsIn(await read("t.csv", text, {}, files));
    expect(pairs.map(({ id }) => id)).toEqual(["one", "two"]);
    expect(await pairs[1]?.image()).toEqual(Buffer.from("2"));
  });

  it("is asked for where several have them", async () => {
    const files = { "a/one.jpg": "", "a/two.jpg": "", "b/one.jpg": "", "b/two.jpg": "" };
    await expect(read("t.csv", text, {}, files)).rejects.toThrow(
      /none of the first 2 images is in .*; "one.jpg" is in .*\/a \(and also in .*\/b\)\. Name that folder by --images .*\/a$/,
    );
  });

  it("is asked for where they are beside the table's folder", async () => {
    const folder = await folderOf({ "tables/t.csv": text, "images/one.jpg": "1", "images/two.jpg": "2" });
    const source = await openPairSource([join(folder, "tables", "t.csv")], {
      captionFrom: "auto",
      table: {},
    });
    await expect(entriesOf(source)).rejects.toThrow(`--images ${join(folder, "images")}`);
  });

  it("stays the table's own where it has some of them", async () => {
    const pairs = pairsIn(
      await read("t.csv", text, {}, { "two.jpg": "own", "b/one.jpg": "", "b/two.jpg": "" }),
    );
    expect(await pairs[1]?.image()).toEqual(Buffer.from("own"));
  });
});
