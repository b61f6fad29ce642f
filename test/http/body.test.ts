import { z } from "@hono/zod-openapi";
import fc from "fast-check";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { parseJson, readJsonBody } from "../../src/http/body.ts";
import { faultOffset, jsonFaultError } from "../../src/http/json-fault.ts";
import { findRepeatedKey, parseJsonInPieces } from "../../src/http/json.ts";
import { createSlices } from "../../src/math/slices.ts";

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
  ])("says at which line and column %s breaks", async (text, message) => {
    await expect(parseJson(bytes(text), "The body")).rejects.toThrow(message);
  });

  it("is told apart from bytes that are not UTF-8", async () => {
    await expect(parseJson(Uint8Array.of(0x22, 0xff, 0x22), "The body")).rejects.toThrow(
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

describe("JSON that is parsed in pieces", () => {
  const inPieces = (text: string, size: number) => parseJsonInPieces(text, faultOffset, createSlices(), size);

  it("is what JSON.parse makes of it, however small the pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue(),
        fc.constantFrom(0, 1),
        fc.integer({ min: 4, max: 40 }),
        async (value, indent, size) => {
          const text = JSON.stringify(value, null, indent);
          expect(await inPieces(text, size)).toEqual({ value: JSON.parse(text) as unknown });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is refused where JSON.parse refuses it", async () => {
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    await fc.assert(
      fc.asyncProperty(
        json,
        fc.nat(),
        fc.constantFrom(",", "]", "}", "[", "{", ":", '"', "1", ""),
        async (text, at, put) => {
          const cut = at % (text.length + 1);
          const broken = text.slice(0, cut) + put + text.slice(cut + 1);
          const isTaken = parses(broken) && findRepeatedKey(broken) === null;
          expect("value" in (await inPieces(broken, 8))).toBe(isTaken);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("keeps __proto__ as a key and the digits of large whole numbers", async () => {
    const text = `{"__proto__": 1, "a": [${"12345678901234567890, ".repeat(3)}2]}`;
    const outcome = await inPieces(text, 8);
    expect(JSON.stringify(outcome)).toBe(
      `{"value":{"__proto__":1,"a":[${'"12345678901234567890",'.repeat(3)}2]}}`,
    );
  });

  it.each([
    ['{"a": 1, "a": 2}', "a"],
    [String.raw`[{"b": {"a": 1}, "a": "a", "\u0061" : 2}]`, "a"],
    [String.raw`{"a": [{"c": 1}, {"c": 1, "d": "\"c\":", "c": 1}]}`, "c"],
    ['{"__proto__": 1, "x": [1, 2, 3, 4, 5, 6, 7], "__proto__": 2}', "__proto__"],
  ])("is refused where one object of %s has a key twice, in pieces and at once", async (text, key) => {
    for (const size of [4, 12, 1_000])
      expect(await inPieces(text, size)).toMatchObject({ fault: { reason: "repeated-key", key } });
    await expect(parseJson(bytes(text), "The body")).rejects.toThrow(
      `The body has the key "${key}" twice in one object, at line 1, column `,
    );
  });

  it("lets other requests be served between its pieces", async () => {
    let rests = 0;
    const slices = {
      due: () => true,
      rest: async () => {
        rests += 1;
        await Promise.resolve();
      },
    };
    const text = JSON.stringify({
      anchors: Array.from({ length: 200 }, (_, i) => ({ id: `a${i}`, text: "x".repeat(100) })),
    });
    await parseJsonInPieces(text, faultOffset, slices, 1_000);
    expect(rests).toBeGreaterThanOrEqual(text.length / 1_200);
  });

  it("is refused where it has more lists and objects than any request, before the rest is parsed", async () => {
    const text = `[${"[],".repeat(1_500_000)}[]]`;
    const outcome = await parseJsonInPieces(text, faultOffset);
    expect(outcome).toEqual({ fault: { offset: 1 + 3 * 1_000_000, reason: "containers" } });
    expect(jsonFaultError(text, { offset: 7, reason: "containers" }, "The body").message).toBe(
      "The body has more lists and objects than 1,000,000, at line 1, column 8.",
    );
  });

  it("is refused where it is nested too deep, after as many characters", async () => {
    const text = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
    expect(await parseJsonInPieces(text, faultOffset)).toEqual({ fault: { offset: 63, reason: "nesting" } });
    await expect(parseJson(bytes(text), "The body")).rejects.toThrow(
      "The body is nested too deep, at line 1, column 64.",
    );
  });
});

describe("a body that is decoded as it comes in", () => {
  const app = new Hono().post("/", async (c) => c.json(await readJsonBody(c, z.unknown(), 16 * 1024 * 1024)));
  const send = (chunks: readonly Uint8Array[]): Promise<Response> =>
    Promise.resolve(
      app.request("/", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: new ReadableStream({
          start: (controller) => {
            for (const chunk of chunks) controller.enqueue(chunk);
            controller.close();
          },
        }),
        duplex: "half",
      }),
    );
  const chunksOf = (whole: Uint8Array, size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
      whole.subarray(i * size, (i + 1) * size),
    );

  it.each([65_535, 65_536, 65_537, 1_048_575, 1_048_577, 3_000_001])(
    "keeps characters that a chunk of %i bytes cuts",
    async (size) => {
      const text = "aé€𝄞\u{feff}".repeat(300_000);
      const answer = await send(chunksOf(bytes(JSON.stringify([text])), size));
      expect(await answer.json()).toEqual([text]);
    },
  );

  it("is refused where a byte far behind its beginning is not UTF-8", async () => {
    const whole = bytes(JSON.stringify(["a€".repeat(500_000)]));
    whole[1_500_000] = 0xff;
    const failed = new Hono().onError((error, c) => c.text(error.message, 400)).route("/", app);
    const answer = await failed.request("/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: whole,
    });
    expect([answer.status, await answer.text()]).toEqual([400, "The body is not UTF-8 text."]);
  });
});
