import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOffset, parseJson } from "../../src/http/body.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("JSON that is malformed", () => {
  it.each([
    [
      '{"a": [1, 2,, 3]}',
      'The body is not JSON: "," stands where something else is needed, at line 1, column 13.',
    ],
    [
      '{\n  "a": 1\n  "b": 2\n}',
      String.raw`The body is not JSON: "\"" stands where something else is needed, at line 3, column 3.`,
    ],
    ['{"a": "never', "The body is not JSON: it ends where something else is needed, at line 1, column 13."],
    ["{'a': 1}", `The body is not JSON: "'" stands where something else is needed, at line 1, column 2.`],
    ["[1] 2", 'The body is not JSON: "2" stands where something else is needed, at line 1, column 5.'],
    [" ", "The body is empty; JSON is expected."],
  ])("says at which line and column %s breaks", (text, message) => {
    expect(() => parseJson(bytes(text), "The body")).toThrow(message);
  });

  it("is told apart from bytes that are not UTF-8", () => {
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), "The body")).toThrow(
      "The body is not UTF-8 text.",
    );
  });

  it("is located in a million open brackets, and in a string of megabytes", () => {
    expect(faultOffset("[".repeat(1e6))).toBe(1e6);
    expect(faultOffset(`"${"a".repeat(8e6)}`)).toBe(8e6 + 1);
  });
});

/** Lists of whole numbers and of words, whose every character is a place of its own. */
const json = fc
  .letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.nat(), fc.stringMatching(/^[a-z ]*$/), tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    object: fc.dictionary(fc.stringMatching(/^[a-z]*$/), tie("value"), { maxKeys: 4 }),
  }))
  .list.map((value) => JSON.stringify(value, null, 1));

describe("the place where JSON breaks", () => {
  it("is that of a character which JSON never has", () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const cut = at % (text.length + 1);
        expect(faultOffset(`${text.slice(0, cut)}\u0001${text.slice(cut)}`)).toBe(cut);
      }),
    );
  });

  it("is the end of a text that was cut off", () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const cut = at % text.length;
        expect(faultOffset(text.slice(0, cut))).toBe(cut);
      }),
    );
  });
});
