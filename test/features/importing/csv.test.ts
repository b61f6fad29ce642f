import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, rejectsIn, summaryOf, writeFiles } from "./support.ts";

const read = async (text: string | Uint8Array, table: TableOptions = {}, name = "t.csv") => {
  const folder = await folderOf({ [name]: text, "fox.png": "fox" });
  return entriesOf(await openPairSource([join(folder, name)], { captionFrom: "auto", table }));
};

describe("a CSV table", () => {
  it("gives a pair for each row, with ids from paths and other columns as metadata", async () => {
    const entries = await read("path,caption,owner,year,ok,note\na/fox.jpg,a red fox,ann,2020,true,\n");
    expect(pairsIn(entries)).toMatchObject([
      { id: "a/fox", text: "a red fox", metadata: { owner: "ann", year: 2020, ok: true } },
    ]);
    expect(pairsIn(entries)[0]?.metadata).not.toHaveProperty("note");
  });

  it("keeps as text what only looks like a number", async () => {
    const [pair] = pairsIn(await read("path,caption,a,b,c,d\nx.png,x,007,1e3,NaN,12345678901234567890\n"));
    expect(pair?.metadata).toEqual({ a: "007", b: "1e3", c: "NaN", d: "12345678901234567890" });
  });

  it("reads quotes, commas and line breaks in cells", async () => {
    const entries = await read('path,caption\nx.png,"a ""red"",\nfox"\n');
    expect(summaryOf(entries)).toEqual(['x: a "red", fox']);
  });

  it("reads a byte order mark, CRLF and spaces around column names", async () => {
    expect(summaryOf(await read("\u{FEFF}path , caption\r\nx.png,a fox\r\n"))).toEqual(["x: a fox"]);
  });

  it("is separated by tabs where its name ends in .tsv", async () => {
    expect(summaryOf(await read("path\tcaption\nx.png\ta, b\n", {}, "t.tsv"))).toEqual(["x: a, b"]);
  });

  it("takes the columns that are named", async () => {
    const text = "img,title,key,secret\nx.png,a fox,k1,s\n";
    const table = { path: "img", caption: "title", id: "key", without: ["secret"] };
    expect(pairsIn(await read(text, table))).toMatchObject([{ id: "k1", text: "a fox", metadata: {} }]);
  });

  it.each([
    ["path", "pic,caption\n", '(path, file_name, image, ...); the columns are "pic", "caption"'],
    ["caption", "path,words\n", '(caption, text, title, ...); the columns are "path", "words"'],
  ])("is refused where it has no %s column", async (role, text, message) => {
    await expect(read(`${text}a,b\n`)).rejects.toThrow(
      `no ${role} column of a usual name ${message}. Name it by --${role}-column.`,
    );
  });

  it("is refused where a column that was named is not there", async () => {
    await expect(read("path,caption\n", { id: "key" })).rejects.toThrow('no id column "key"');
  });

  it("gives nothing where it is empty", async () => {
    expect(await read("")).toEqual([]);
  });

  it("rejects rows that are too long or too short by their lines, and goes on", async () => {
    const entries = await read("path,caption\na.png\nb.png,b\nc.png,c,c\nd.png,d\n");
    expect(summaryOf(pairsIn(entries))).toEqual(["b: b", "d: d"]);
    expect(rejectsIn(entries).map(({ source }) => source.replace(/.*:/, ""))).toEqual(["2", "4"]);
    expect(rejectsIn(entries)[0]?.reason).toBe("the row has more or fewer cells than the header");
  });

  it.each([
    [3, 'path,caption\na.png,a\nb.png,"b\nc.png,c\nd.png,d\n'],
    [5, '\u{FEFF}path,caption\r\na.png,a\r\n\r\n\r\n"b.png,b\r\nc.png,c\r\n'],
    [4, 'path,caption\na.png,a\nx.png,x,x\n"b.png,b\n'],
  ])(
    "names line %i, where a quote opens that is never closed, and says that the rest was not read",
    async (line, text) => {
      const entries = await read(text);
      expect(summaryOf(pairsIn(entries))).toEqual(["a: a"]);
      const last = rejectsIn(entries).at(-1);
      expect(last?.source.replace(/.*:/, "")).toBe(String(line));
      expect(last?.reason).toBe("a quote is opened here and never closed; the rest of the file was not read");
    },
  );

  it("gives the captions of one image one id", async () => {
    const entries = await read("path,caption\nx.png,one\ny.png,other\nx.png,two\n");
    expect(summaryOf(entries)).toEqual(["x: one", "y: other", "x: two"]);
  });

  it("finds images from its own folder", async () => {
    const [pair] = pairsIn(await read("path,caption\nfox.png,fox\n"));
    expect(await pair?.image()).toEqual(Buffer.from("fox"));
  });

  it.each(["../fox.png", "/etc/fox.png", "a/../../fox.png", ".", ".."])(
    "reads no file outside of its folder, such as %s",
    async (path) => {
      expect(rejectsIn(await read(`path,caption\n${path},fox\n`))[0]?.reason).toMatch(
        /is not in .*; --images names the folder that images are in/,
      );
    },
  );

  it("reads files of the folder that --images names, by relative and absolute paths", async () => {
    const folder = await folderOf({ "img/fox.png": "fox", "img/owl.png": "owl" });
    const table = join(folder, "tables", "t.csv");
    await writeFiles(folder, { "tables/t.csv": `path,caption\nfox.png,fox\n${folder}/img/owl.png,owl\n` });
    const source = await openPairSource([table], {
      captionFrom: "auto",
      table: { images: join(folder, "img") },
    });
    const pairs = pairsIn(await entriesOf(source));
    expect(pairs.map(({ id }) => id)).toEqual(["fox", "owl"]);
    expect(await Promise.all(pairs.map((pair) => pair.image()))).toEqual([
      Buffer.from("fox"),
      Buffer.from("owl"),
    ]);
  });

  it("fetches nothing", async () => {
    const entries = await read("path,caption\nhttps://example.org/fox.png,fox\n");
    expect(summaryOf(entries)).toEqual([
      '! "https://example.org/fox.png" is an address, and nothing is fetched',
    ]);
  });

  it("rejects a row without a path, and one whose path holds a NUL", async () => {
    expect(summaryOf(await read("path,caption\n,fox\na\0b.png,fox\n"))).toEqual([
      "! names no image",
      "! the path holds a NUL",
    ]);
  });

  it("tells an image that is missing when it is read", async () => {
    const [pair] = pairsIn(await read("path,caption\nowl.png,owl\n"));
    await expect(pair?.image()).rejects.toThrow(/owl\.png does not exist$/);
  });

  it("gives every row once, whatever is in its cells", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }), async (captions) => {
        const quoted = captions.map((caption, i) => `${i}.png,"${caption.replaceAll('"', '""')}"\n`);
        const pairs = pairsIn(await read(`path,caption\n${quoted.join("")}`));
        expect(pairs.map(({ id }) => id)).toEqual(captions.map((_, i) => String(i)));
      }),
      { numRuns: 30 },
    );
  });
});
