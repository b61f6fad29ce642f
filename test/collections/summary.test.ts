import { describe, expect, it } from "vitest";
import { joinPrompts } from "../../src/collections/summary.ts";

describe("prompts to be summed up", () => {
  it("end with all of them joined where a class has several", () => {
    const classes = [{ name: "fox", prompts: [{ text: "a fox" }, { text: "red fur" }] }, { name: "owl" }];
    expect(joinPrompts({ classes })).toEqual([
      { name: "fox", prompts: [{ text: "a fox" }, { text: "red fur" }, { text: "a fox, red fur" }] },
      { name: "owl", prompts: [{ text: "owl" }] },
    ]);
  });

  it("are those of the templates", () => {
    const joined = joinPrompts({ classes: [{ name: "owl" }], templates: ["a {}", "one {}"] });
    expect(joined[0]?.prompts).toEqual([{ text: "a owl" }, { text: "one owl" }, { text: "a owl, one owl" }]);
  });

  it("cannot be vectors", () => {
    const classes = [{ name: "fox", prompts: [{ vector: [1, 0] }] }];
    expect(() => joinPrompts({ classes })).toThrow("must be a text");
  });
});
