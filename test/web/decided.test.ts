import { beforeEach, expect, it } from "vitest";
import type { Compared } from "../../web/src/ask/answer.ts";
import { decidedBy, remember, remembered } from "../../web/src/ask/decided.ts";
import { readQuestion } from "../../web/src/ask/question.ts";

beforeEach(() => {
  remembered.value = [];
});

const question = (classes: string) => readQuestion(new URLSearchParams({ class: classes }));

const answer = (...classes: [name: string, parts: Record<string, number>][]): Compared => ({
  before: null,
  now: {
    classes: classes.map(([name, parts]) => ({
      name,
      score: 1,
      explanation: Object.entries(parts).map(([anchor, contribution]) => ({
        anchor,
        contribution,
        text: null,
        imageSimilarity: 0,
        textSimilarity: 0,
        image: null,
      })),
    })),
    method: "asif",
    tookMs: 1,
    sequence: 1,
    calibration: null,
    support: null,
    abstained: null,
    set: null,
  },
});

it("an anchor decides for the classes whose answers list it, the most moved first", () => {
  remember(
    "birds",
    question("owl,hen"),
    { kind: "anchor", id: "a1" },
    answer(["owl", { x: 0.2, y: 0.1 }], ["hen", { x: -0.5 }]),
  );
  expect(decidedBy("birds", "x")).toMatchObject([
    { name: "hen", contribution: -0.5, won: false, what: "a1" },
    { name: "owl", contribution: 0.2, won: true },
  ]);
  expect(decidedBy("birds", "y")[0]?.address).toContain("class=owl");
  expect(decidedBy("birds", "z")).toEqual([]);
  expect(decidedBy("plans", "x")).toEqual([]);
});

it("a question that is asked again takes the place of its former answer", () => {
  const image = { name: "owl.jpg", base64: "", address: "blob:1" };
  remember("birds", question("owl"), { kind: "image", image }, answer(["owl", { x: 0.2 }]));
  remember("birds", question("owl"), { kind: "image", image }, answer(["owl", { x: 0.3 }]));
  expect(decidedBy("birds", "x")).toEqual([
    { what: "owl.jpg", address: null, name: "owl", contribution: 0.3, won: true },
  ]);
});

it("twenty questions are remembered, and one without an explanation is not", () => {
  for (let i = 0; i < 25; i++)
    remember("birds", question(`c${i}`), { kind: "anchor", id: "a" }, answer([`c${i}`, { x: i }]));
  remember("birds", question("last"), { kind: "anchor", id: "a" }, answer(["last", {}]));
  expect(remembered.value).toHaveLength(20);
  expect(decidedBy("birds", "x")[0]).toMatchObject({ name: "c24" });
});
