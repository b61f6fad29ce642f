import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLenientJson } from "../../../src/features/importing/json.ts";

describe("JSON as other programs write it", () => {
  it("keeps whole numbers that a double cannot hold as texts", () => {
    const text =
      '{"a":9007199254740993,"b":-1234567890123456789,"c":[12345678901234567890123],"d":9007199254740991}';
    expect(parseLenientJson(text)).toEqual({
      a: "9007199254740993",
      b: "-1234567890123456789",
      c: ["12345678901234567890123"],
      d: 9007199254740991,
    });
  });

  it("keeps fractions and exponents as numbers", () => {
    expect(parseLenientJson("[0.12345678901234567890,12345678901234567890.5,1234567890123456789e3]")).toEqual(
      [0.12345678901234568, 12345678901234567000, 1.2345678901234568e21],
    );
  });

  it("reads NaN and infinities as null, but not within texts", () => {
    expect(parseLenientJson('{"a":NaN,"b":[Infinity,-Infinity],"c":"NaN \\" 1234567890123456789"}')).toEqual({
      a: null,
      b: [null, null],
      c: 'NaN " 1234567890123456789',
    });
  });

  it("reads any other JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseLenientJson(`["NaN",${text}]`)).toEqual(JSON.parse(`["NaN",${text}]`));
      }),
    );
  });

  it("reads a text of megabytes", () => {
    const long = "x\\n".repeat(3_000_000);
    expect(parseLenientJson(`{"a":"${long}","b":NaN}`)).toEqual({ a: "x\n".repeat(3_000_000), b: null });
  });
});
