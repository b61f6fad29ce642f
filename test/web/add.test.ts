import { describe, expect, it } from "vitest";
import { parseCsv } from "../../web/src/add/csv.ts";
import { captionOf, planFiles } from "../../web/src/add/plan.ts";

const chosen = (path: string, content = "x") => ({ path, file: new File([content], path) });

describe("what is added", () => {
  it("has captions from file names where nothing else says them", async () => {
    expect(captionOf("birds/grey_owl-2.jpg")).toBe("grey owl");
    const plan = await planFiles([chosen("birds/grey_owl-2.jpg"), chosen("birds/list.pdf")]);
    expect(plan.pairs).toMatchObject([{ id: "birds/grey_owl-2", text: "grey owl", metadata: {} }]);
    expect(plan.rejects).toMatchObject([{ name: "birds/list.pdf" }]);
  });

  it("has captions from a text file of the same name", async () => {
    const plan = await planFiles([chosen("a.png"), chosen("a.txt", "a grey owl\n")]);
    expect(plan.pairs).toMatchObject([{ id: "a", text: "a grey owl" }]);
  });

  it("has captions and metadata from a table, and leaves out what is not in it", async () => {
    const table = 'file,caption,owner,year\na.png,"an owl, grey",ann,2020\n';
    const plan = await planFiles([chosen("f/a.png"), chosen("f/b.png"), chosen("f/t.csv", table)]);
    expect(plan.pairs).toMatchObject([
      { id: "f/a", text: "an owl, grey", metadata: { owner: "ann", year: 2020 } },
    ]);
    expect(plan.rejects).toEqual([{ name: "f/b.png", reason: "is not in the table" }]);
  });

  it("has captions and metadata from a table of JSON lines, with their types", async () => {
    const table = '{"file_name": "a.png", "text": "an owl", "year": 2020, "tags": ["x", 1]}\n\n{"broken\n';
    const plan = await planFiles([chosen("a.png"), chosen("metadata.jsonl", table)]);
    expect(plan.pairs).toMatchObject([{ id: "a", text: "an owl", metadata: { year: 2020, tags: ["x", 1] } }]);
    const none = await planFiles([chosen("a.png"), chosen("t.jsonl", '{"name": "a.png"}')]);
    expect(none.rejects[0]?.reason).toContain("has no file and caption");
  });

  it("takes one of two pictures that would have the same id", async () => {
    const plan = await planFiles([chosen("a.png"), chosen("a.jpg")]);
    expect(plan.pairs).toHaveLength(1);
    expect(plan.rejects).toMatchObject([{ name: "a.jpg" }]);
  });
});

describe("a table", () => {
  it("is read with quotes, commas and line ends in cells", () => {
    expect(parseCsv('\uFEFFa,b\r\n"x ""y""","1\n2"\n\n,z')).toEqual([
      ["a", "b"],
      ['x "y"', "1\n2"],
      ["", "z"],
    ]);
  });
});
