import { describe, expect, it } from "vitest";
import { commandsIn, headingAnchors, parsePage } from "./pages.ts";
import { outlineFaults, parseShown, shapeFaults } from "./shape.ts";

describe("the shape of an answer", () => {
  const shown = parseShown('{ "hits": [{ "id": "a", "score": 1, ... }, ...], "sequence": 2 }');

  it("ignores values and what is left out", () => {
    const actual = { hits: [{ id: "b", score: 0.5, text: null }, { id: "c" }], sequence: 9 };
    expect(shapeFaults(shown, actual)).toEqual([]);
  });

  it("names a missing key, another kind and a key that is not shown", () => {
    expect(shapeFaults(shown, { hits: [{ id: 1 }], sequence: 2, tookMs: 3 })).toEqual([
      'answer also has "tookMs"',
      'answer.hits[0] has no "score"',
      "answer.hits[0].id is shown as string and is number",
    ]);
  });

  it("names a list of another length", () => {
    expect(shapeFaults(parseShown("[1, 2]"), [1])).toEqual(["answer is shown with 2 items and has 1"]);
  });
});

describe("the outline of printed text", () => {
  it("ignores words and the values of numbers", () => {
    expect(outlineFaults("sun.svg\n  sun  0.06  ███\n", "moon.svg\n  moon 0.5 █\n")).toEqual([]);
  });

  it("names a line with fewer numbers", () => {
    expect(outlineFaults("  a  0.1  0.2", "  a  0.1")).toHaveLength(1);
  });
});

describe("a page", () => {
  it("gives a reason not to run to the next block alone", () => {
    const page = parsePage("a.md", "<!-- not run: slow -->\n\n```sh\na\n```\n\n```sh\nb\n```\n");
    expect(page.blocks.map(({ notRun }) => notRun)).toEqual(["slow", null]);
  });

  it("has the anchors of its headings", () => {
    expect([...headingAnchors(parsePage("a.md", "# `GET /a`: how, why?\n## Twice\n## Twice"))]).toEqual([
      "get-a-how-why",
      "twice",
      "twice-1",
    ]);
  });

  it("has commands without comments, continued lines joined", () => {
    expect(commandsIn("# first\nnpm run a -- b \\\n  --c   # why\n")).toEqual(["npm run a -- b  --c"]);
  });
});
