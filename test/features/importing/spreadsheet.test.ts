import { join } from "node:path";
import { utils, write } from "@e965/xlsx";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, summaryOf } from "./support.ts";

const ROWS = [
  ["Image", "Caption", "Title", "Year", "Made"],
  ["0.jpg", "a red circle", 1984, 1999, new Date(Date.UTC(2020, 4, 17))],
  ["1.jpg", "a square", "Dune", 2001, null],
];

const bookOf = (type: "xlsx" | "ods", sheets: Readonly<Record<string, unknown[][]>>): Uint8Array => {
  const book = utils.book_new();
  for (const [name, rows] of Object.entries(sheets))
    utils.book_append_sheet(book, utils.aoa_to_sheet(rows, { UTC: true }), name);
  return write(book, { type: "buffer", bookType: type }) as Uint8Array;
};

const read = async (name: string, bytes: Uint8Array | string, table: TableOptions = {}) => {
  const folder = await folderOf({ [name]: bytes });
  return entriesOf(await openPairSource([join(folder, name)], { captionFrom: "auto", table }));
};

describe("a spreadsheet", () => {
  it.each(["xlsx", "ods"] as const)("gives a pair for each row of its first sheet: .%s", async (type) => {
    const entries = await read(`t.${type}`, bookOf(type, { Works: ROWS, Notes: [["x"]] }));
    expect(pairsIn(entries)).toMatchObject([
      { id: "0", text: "a red circle", metadata: { Title: "1984", Year: 1999 } },
      { id: "1", text: "a square", metadata: { Title: "Dune", Year: 2001 } },
    ]);
    expect(pairsIn(entries)[0]?.metadata.Made).toMatch(/^2020-05-17T/);
    expect(pairsIn(entries)[1]?.metadata).not.toHaveProperty("Made");
  });

  it("gives the rows of the sheet that is named", async () => {
    const book = bookOf("xlsx", { Notes: [["x"]], Works: ROWS });
    expect(summaryOf(await read("t.xlsx", book, { sheet: "Works" }))).toEqual([
      "0: a red circle",
      "1: a square",
    ]);
    await expect(read("t.xlsx", book, { sheet: "None" })).rejects.toThrow(
      'there is no sheet "None"; there are "Notes", "Works"',
    );
    await expect(read("t.xlsx", book)).rejects.toThrow(/\(sheet "Notes"\): no path column/);
  });

  it("passes blank rows over, and names rows as the sheet numbers them", async () => {
    const book = bookOf("xlsx", { A: [["image", "caption"], [], ["0.jpg", "a"]] });
    const entries = await read("t.xlsx", book);
    expect(entries.map(({ source }) => source.replace(/.*:/, ""))).toEqual(["3"]);
  });

  it("is refused where it is none", async () => {
    await expect(read("t.xlsx", "PK\u{3}\u{4}nonsense")).rejects.toThrow(
      "t.xlsx cannot be read as a spreadsheet",
    );
  });
});
