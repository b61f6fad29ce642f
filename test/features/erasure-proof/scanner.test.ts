import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScanner } from "../../../src/features/erasure-proof/index.ts";

/** Few different bytes, so that needles are met, overlap and begin like each other. */
const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ min: 0, max: 2, minLength, maxLength });

const everywhere = (haystack: Uint8Array, needles: readonly Uint8Array[]): string[] =>
  needles.flatMap((needle, i) =>
    Array.from(haystack.keys())
      .filter((at) => Buffer.from(haystack.subarray(at, at + needle.length)).equals(needle))
      .map((at) => `${i} at ${at}`),
  );

describe("a scanner", () => {
  test("finds every occurrence of every needle, overlapping ones too", () => {
    fc.assert(
      fc.property(bytes(0, 200), fc.array(bytes(4, 9), { maxLength: 12 }), (haystack, needles) => {
        const hits: string[] = [];
        createScanner(needles).scan(haystack, (needle, at) => hits.push(`${needle} at ${at}`));
        expect(hits.sort()).toEqual(everywhere(haystack, needles).sort());
      }),
    );
  });

  test("finds the same once in pieces of any size, at offsets of the whole", () => {
    fc.assert(
      fc.property(
        bytes(0, 200),
        fc.array(bytes(4, 9), { maxLength: 12 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (haystack, needles, cuts) => {
          const hits: string[] = [];
          const push = createScanner(needles).stream((needle, at) => hits.push(`${needle} at ${at}`));
          const edges = [0, ...cuts.map((cut) => Math.min(cut, haystack.length)), haystack.length];
          edges.sort((a, b) => a - b);
          edges.slice(1).forEach((edge, i) => push(haystack.subarray(edges[i], edge)));
          expect(hits.sort()).toEqual(everywhere(haystack, needles).sort());
        },
      ),
    );
  });
});
