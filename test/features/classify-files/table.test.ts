import { describe, expect, it } from "vitest";
import { classificationTable, parseClassList } from "../../../src/features/classify-files/index.ts";

describe("a classification as a table", () => {
  it("draws bars against the best score, and none for what is not above 0", () => {
    const classes = [
      { name: "fox", score: 0.8 },
      { name: "red owl", score: 0.41 },
      { name: "cat", score: -0.1 },
    ];
    expect(classificationTable("x.png", { classes })).toEqual([
      "x.png",
      `  fox      0.8000  ${"█".repeat(24)}`,
      `  red owl  0.4100  ${"█".repeat(12)}▎`,
      "  cat      -0.1000",
    ]);
  });

  it("lists the anchors that explain the first class, long captions cut", () => {
    const entry = { imageSimilarity: 0.9, textSimilarity: 0.5, contribution: 0.25 };
    const explanation = [
      { ...entry, anchor: "a1", text: "x".repeat(80) },
      { ...entry, anchor: "a2", text: null, contribution: -0.5 },
    ];
    const lines = classificationTable("x.png", { classes: [{ name: "fox", score: 1 }], explanation });
    expect(lines.slice(2)).toEqual([
      '  why "fox":',
      `    +0.2500  image 0.900  text 0.500  a1  ${"x".repeat(59)}…`,
      "    -0.5000  image 0.900  text 0.500  a2",
    ]);
  });
});

describe("the support of a classification", () => {
  const classes = [
    { name: "fox", score: 0 },
    { name: "owl", score: -0 },
  ];

  it("replaces scores and bars where no caption is near any class", () => {
    expect(classificationTable("x.png", { classes, support: 0, explanation: [] })).toEqual([
      "x.png",
      "  no caption is near any of these classes",
      "  fox",
      "  owl",
    ]);
  });

  it("is told below the classes", () => {
    expect(
      classificationTable("x.png", { classes: [{ name: "fox", score: 1 }], support: 1 }).slice(2),
    ).toEqual(["  support: 1 anchor"]);
  });

  it("is not told by methods whose scores are no sums, whose zeros have no sign", () => {
    expect(classificationTable("x.png", { classes })).toEqual(["x.png", "  fox  0.0000", "  owl  0.0000"]);
  });
});

describe("a list of classes", () => {
  it("is read by its separator, trimmed, each class once", () => {
    expect(parseClassList("\u{FEFF}a cat\r\n\n a dog \na cat\n", "\n", "f.txt")).toEqual(["a cat", "a dog"]);
    expect(parseClassList("a cat,a dog,", ",", "--classes")).toEqual(["a cat", "a dog"]);
  });

  it("is refused where it names none", () => {
    expect(() => parseClassList(" , ", ",", "--classes")).toThrow("--classes names no class");
  });
});
