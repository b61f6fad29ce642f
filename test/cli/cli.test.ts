import { describe, expect, it } from "vitest";
import { z } from "zod";
import { helpOf, readArguments } from "../../src/cli/cli.ts";
import { collectionOption, wholeNumber } from "../../src/option-schemas.ts";

const script = {
  name: "feed",
  synopsis: "WHAT... --collection NAME [options]",
  about: `First paragraph.\n\n${"words ".repeat(30).trim()}`,
  options: {
    collection: { type: "string", value: "NAME", help: "whom" },
    times: { type: "string", value: "N", default: "3", help: "how often" },
    url: { type: "string", help: "where" },
    with: { type: "string", multiple: true, help: "what beside" },
    loud: { type: "boolean", help: "say so" },
  },
  examples: ["seeds --collection birds"],
  schema: z
    .object({
      arguments: z.array(z.string()).min(1, "WHAT is required"),
      collection: collectionOption,
      times: wholeNumber(1, 9),
      url: z
        .url({ protocol: /^https?$/, error: "must be an address such as http://127.0.0.1:8080" })
        .optional(),
      with: z.array(z.string()).default([]),
      loud: z.boolean().default(false),
    })
    .strict(),
} as const;

const read = (...given: string[]) => readArguments(script, given);

describe("the arguments of a script", () => {
  it("are parsed, with defaults and repeated options", () => {
    expect(read("seeds", "--collection", "birds", "--with", "a", "--with=b")).toEqual({
      value: { arguments: ["seeds"], collection: "birds", times: 3, with: ["a", "b"], loud: false },
    });
  });

  it("may begin with a dash after --", () => {
    expect(read("--collection", "birds", "--", "-seeds")).toMatchObject({ value: { arguments: ["-seeds"] } });
  });

  it("ask for help before anything else", () => {
    expect(read("--help", "--times", "many")).toEqual({ help: true });
    expect(read("-h")).toEqual({ help: true });
  });

  it.each([
    [["seeds"], "--collection is required"],
    [["--collection", "birds"], "WHAT is required"],
    [["seeds", "--collection", "birds", "--times", "10"], "--times must be at most 9"],
    [["seeds", "--collection", "birds", "--times", "1.5"], "--times must be a whole number from 1 to 9"],
    [
      ["seeds", "--collection", "birds", "--url", "ftp://x"],
      "--url must be an address such as http://127.0.0.1:8080",
    ],
    [["seeds", "--nothing"], "Unknown option '--nothing'"],
    [["seeds", "--colection", "birds"], "Unknown option '--colection'; did you mean --collection?"],
    [["seeds", "--collection"], "Option '--collection <value>' argument missing"],
    [["seeds", "--loud=yes"], "Option '--loud' does not take an argument"],
    [["--times", "0"], "WHAT is required; --collection is required; --times must be at least 1"],
  ])("are refused in one line: %j", (given, fault) => {
    expect(readArguments(script, given)).toEqual({ fault });
  });
});

describe("the help of a script", () => {
  it("shows how it is called, each option with its default, and examples, in lines of at most 100", () => {
    const lines = helpOf(script, "npm run feed --", {}, (_, text) => text).split("\n");
    expect(lines[0]).toBe("Usage: npm run feed -- WHAT... --collection NAME [options]");
    expect(lines).toContain("  --times N          how often [3]");
    expect(lines).toContain("  --loud             say so");
    expect(lines.at(-1)).toBe("  npm run feed -- seeds --collection birds");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
