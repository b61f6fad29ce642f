import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../src/ingest/index.ts";
import { entriesOf, folderOf, pairsIn, summaryOf } from "./support.ts";

const read = async (text: string | Uint8Array, table: TableOptions = {}) => {
  const folder = await folderOf({ "t.jsonl": text });
  return entriesOf(await openPairSource([join(folder, "t.jsonl")], { captionFrom: "auto", table }));
};

describe("a table of JSON lines", () => {
  it("keeps as metadata what is beside path, caption and id, as it is", async () => {
    const row = { file_name: "x.png", text: "a fox", tags: ["red", 1], box: { x: 1.5 }, none: null };
    const [pair] = pairsIn(await read(JSON.stringify(row)));
    expect(pair).toMatchObject({ id: "x", text: "a fox" });
    expect(pair?.metadata).toEqual({ tags: ["red", 1], box: { x: 1.5 } });
  });

  it("rejects lines that are no object by their numbers, and passes blank ones over", async () => {
    const entries = await read(
      '{"path":"a.png","caption":"a"}\n\n[1]\n{"path":\n{"path":"b.png","caption":"b"}',
    );
    expect(entries.map(({ source }) => source.replace(/.*:/, ""))).toEqual(["1", "3", "4", "5"]);
    expect(summaryOf(entries)).toEqual([
      "a: a",
      "! is not a JSON object",
      expect.stringMatching(/^! is not JSON: /),
      "b: b",
    ]);
  });

  it("is refused by the columns of its first line", async () => {
    await expect(read('{"img":"a.png","caption":"a"}')).rejects.toThrow(/t\.jsonl:1: no path column/);
  });

  it("reads characters that a chunk of the file cuts", async () => {
    const caption = "\u{1F98A}".repeat(30_000);
    const entries = await read(`\u{FEFF}${JSON.stringify({ path: "a.png", caption })}\r\n`);
    expect(pairsIn(entries)[0]?.text).toBe(caption);
  });

  it("rejects a row that is nested without end", async () => {
    const nested = "[".repeat(50_000) + "]".repeat(50_000);
    const entries = await read(`{"path":"a.png","caption":"a","x":${nested}}`);
    expect(summaryOf(entries)).toEqual(["! a field is nested deeper than 100 levels"]);
  });
});
