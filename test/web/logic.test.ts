import { describe, expect, it } from "vitest";
import { rowsOf, scaleOf, type Answered, type AnsweredClass } from "../../web/src/ask/answer.ts";
import { partsOf } from "../../web/src/ask/parts.ts";
import {
  addClasses,
  groupFilters,
  groupName,
  readQuestion,
  templateFault,
  withoutOf,
  writeQuestion,
} from "../../web/src/ask/question.ts";
import { filterOf } from "../../web/src/anchors/state.ts";
import { readValue, writeValue } from "../../web/src/anchors/value.ts";
import { windowOf } from "../../web/src/anchors/window.ts";
import { count, counted, percent, signed } from "../../web/src/format.ts";
import { formatRoute, parseRoute } from "../../web/src/route.ts";

const answered = (classes: readonly AnsweredClass[]): Answered => ({
  classes,
  method: "asif",
  tookMs: 1,
  sequence: 1,
  calibration: null,
  support: 2,
  abstained: null,
  set: null,
});

describe("an address", () => {
  it("holds a question and gives it back", () => {
    const question = readQuestion(
      new URLSearchParams(
        "class=sun&class=a,b&template=a+{}&anchor=noto%2F2600&without=x&group=owner%3D%22ann%22&k=20&by=owner",
      ),
    );
    expect(question.classes).toEqual(["sun", "a", "b"]);
    const address = formatRoute("ask", writeQuestion(question));
    expect(readQuestion(parseRoute(address).params)).toEqual(question);
  });

  it("of a section that is not there shows the first", () => {
    expect(parseRoute("#nowhere?c=emoji").section).toBe("ask");
    expect(parseRoute("").params.get("c")).toBeNull();
  });
});

describe("a question", () => {
  it("takes each class once, from commas and lines", () => {
    expect(addClasses(["sun"], " moon, sun,\n<b>tree</b> ,,")).toEqual(["sun", "moon", "<b>tree</b>"]);
  });

  it("leaves a stored anchor out of its own answer, unless it is put in", () => {
    const question = readQuestion(new URLSearchParams("anchor=a&without=b"));
    expect(withoutOf(question, { kind: "anchor", id: "a" })).toEqual({ ids: ["a", "b"] });
    expect(withoutOf({ ...question, itself: true, without: [] }, { kind: "anchor", id: "a" })).toBeNull();
  });

  it("takes groups away by a filter, those without the key too", () => {
    expect(groupFilters([groupName("owner", "ann"), groupName("year", null), "damaged"])).toEqual([
      { owner: "ann" },
      { year: { exists: false } },
    ]);
  });

  it("says what is wrong with a template", () => {
    expect(templateFault("a photo of a {}")).toBeNull();
    expect(templateFault("a photo")).toContain("{}");
    expect(templateFault("{} {}")).not.toBeNull();
  });
});

describe("an answer", () => {
  it("is shown as shares of the support where nothing is calibrated", () => {
    const compared = {
      now: answered([
        { name: "sun", score: 0.3 },
        { name: "moon", score: 0.1 },
      ]),
      before: null,
    };
    expect(scaleOf(compared)).toBe("share");
    expect(rowsOf(compared).map(({ value }) => value)).toEqual([0.3 / 0.4, 0.1 / 0.4]);
  });

  it("is shown as probabilities where it has them, and not beside an answer that has none", () => {
    const sure = answered([{ name: "sun", score: 0.3, probability: 0.9 }]);
    expect(scaleOf({ now: sure, before: null })).toBe("probability");
    expect(scaleOf({ now: answered([{ name: "sun", score: 0.2 }]), before: sure })).toBe("share");
  });

  it("is shown as scores where one is negative", () => {
    const compared = {
      now: answered([
        { name: "sun", score: 2 },
        { name: "moon", score: -1 },
      ]),
      before: null,
    };
    expect(scaleOf(compared)).toBe("score");
    expect(rowsOf(compared).map(({ value }) => value)).toEqual([1, -0.5]);
  });

  it("keeps the places of anchors that are taken away", () => {
    const part = (anchor: string, contribution: number) => ({
      ...{ anchor, text: null, image: null, contribution, imageSimilarity: 0, textSimilarity: 0 },
    });
    const before = { name: "sun", score: 1, explanation: [part("a", 0.6), part("b", 0.3), part("c", 0.1)] };
    const now = { name: "sun", score: 1, explanation: [part("b", 0.5), part("d", 0.3), part("c", 0.2)] };
    const shown = partsOf(now, before, ["a"], false);
    expect(shown.map(({ id, value, taken }) => [id, value, taken])).toEqual([
      ["a", 0.6, true],
      ["b", 0.5, false],
      ["c", 0.2, false],
      ["d", 0.3, false],
    ]);
  });
});

describe("the anchors that are shown", () => {
  it("have any value of one key and every key", () => {
    const where = ['owner="ann"', 'owner="bob"', "year=2020", "damaged"];
    expect(filterOf(where)).toEqual({ owner: { in: ["ann", "bob"] }, year: { in: [2020] } });
    expect(filterOf(where, "owner")).toEqual({ year: { in: [2020] } });
    expect(filterOf([])).toBeUndefined();
  });

  it("are those near the screen alone", () => {
    expect(windowOf({ top: 0, height: 800 }, 100, 10_000)).toEqual({ first: 0, last: 12 });
    expect(windowOf({ top: 500_000, height: 800 }, 100, 10_000)).toEqual({ first: 4_996, last: 5_012 });
    expect(windowOf({ top: 5_000_000, height: 800 }, 100, 10)).toEqual({ first: 9, last: 10 });
  });

  it("have metadata that survives being written and read", () => {
    for (const value of ["ann", "2615", 2615, true, null, ["a", 1], { a: 1 }, '"quoted"', ""])
      expect(readValue(writeValue(value))).toEqual(value);
  });
});

describe("a number", () => {
  it("is exact and never rounds to nothing or to all", () => {
    expect([0, 0.00001, 0.023, 0.9234, 0.99999, 1].map(percent)).toEqual([
      "0 %",
      "< 0.1 %",
      "2.3 %",
      "92 %",
      "> 99.9 %",
      "100 %",
    ]);
    expect([0.101, -0.0441, 0.00012, 0].map(signed)).toEqual(["+0.101", "−0.044", "+0.00012", "+0.000"]);
    expect([count(6761), counted(1, "anchor"), counted(2, "anchor")]).toEqual([
      "6,761",
      "1 anchor",
      "2 anchors",
    ]);
  });
});
