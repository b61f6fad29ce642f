import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPairSource } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, summaryOf } from "./support.ts";

const read = async (link: string) => {
  const folder = await folderOf({
    "t.csv": "image,caption,accession\na b/0.jpg,a fox,1994.12\n1.jpg,an owl,\n",
  });
  return entriesOf(await openPairSource([join(folder, "t.csv")], { captionFrom: "auto", table: {}, link }));
};

describe("the link to an anchor's original", () => {
  it("is kept as metadata, with the id filled in", async () => {
    const pairs = pairsIn(await read("https://example.org/{id}?v=1"));
    expect(pairs.map(({ metadata }) => metadata.link)).toEqual([
      "https://example.org/a%20b/0?v=1",
      "https://example.org/1?v=1",
    ]);
  });

  it("is made of a column, and a row without it is rejected", async () => {
    const entries = await read("https://example.org/{accession}");
    expect(pairsIn(entries)[0]?.metadata.link).toBe("https://example.org/1994.12");
    expect(summaryOf(entries)[1]).toBe('! has no "accession", which --link needs');
  });
});
