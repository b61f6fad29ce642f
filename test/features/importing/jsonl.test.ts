import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../../src/features/importing/index.ts";
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

  it("reads each line by its own keys, and rejects one without a path or a caption", async () => {
    const entries = await read(
      [
        '{"path":"a.png"}',
        '{"caption":"x"}',
        '{"path":"b.png","caption":"b"}',
        '{"id":"c","path":"c.png","text":"d"}',
      ].join("\n"),
    );
    expect(summaryOf(entries)).toEqual([
      '! no caption column of a usual name (caption, text, title, ...); the columns are "path". Name it by --caption-column.',
      expect.stringMatching(/^! no path column/),
      "b: b",
      "c: d",
    ]);
    expect(pairsIn(entries)[1]?.metadata).toEqual({});
  });

  it("rejects a line without the id that was named", async () => {
    const entries = await read('{"path":"a.png","caption":"a"}\n{"path":"b.png","caption":"b","key":7}', {
      id: "key",
    });
    expect(summaryOf(entries)).toEqual([expect.stringMatching(/^! no id column "key"/), "7: b"]);
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
