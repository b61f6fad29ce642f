import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { autoParameters, autoRule, parametersFor } from "../../src/asif/index.ts";
import { bandOf } from "../../src/retrieval/index.ts";

const whitenTexts = { image: { kind: "none" }, text: { kind: "whiten", power: 0.5 } } as const;

describe("automatic k and p", () => {
  test.each([
    { transform: "auto", anchors: 0, k: 400, p: 3 },
    { transform: "auto", anchors: 19, k: 400, p: 3 },
    { transform: "auto", anchors: 20, k: 400, p: 1.5 },
    { transform: "auto", anchors: 1_023, k: 400, p: 1.5 },
    { transform: "auto", anchors: 1_024, k: 400, p: 2 },
    { transform: "whiten", anchors: 10_000, k: 400, p: 2 },
    { transform: whitenTexts, anchors: 10_000, k: 400, p: 2 },
    { transform: "center", anchors: 511, k: 400, p: 3 },
    { transform: "center", anchors: 512, k: 400, p: 4 },
    { transform: "center", anchors: 1_024, k: 400, p: 8 },
    { transform: "none", anchors: 50, k: 100, p: 16 },
  ] as const)("are $k and $p for $transform of $anchors anchors", ({ transform, anchors, k, p }) => {
    expect(autoParameters(transform, anchors)).toEqual({ k, p });
  });

  test("leave alone what is set", () => {
    expect(parametersFor({ k: 7, p: "auto" }, "auto", 5_000)).toEqual({ k: 7, p: 2 });
    expect(parametersFor({ k: "auto", p: 8 }, "auto", 5_000)).toEqual({ k: 400, p: 8 });
  });

  test("say that few anchors are centred", () => {
    expect(autoRule("auto", 12)).toBe(
      "k = 400 and p = 3, for vectors are centred and there are 8 to 15 anchors; fewer than 20 anchors are centred, not whitened",
    );
    expect(autoRule("auto", 1_500)).toBe(
      "k = 400 and p = 2, for vectors are whitened and there are 1024 to 2047 anchors",
    );
  });

  test("are the same throughout a band", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 32, max: 5_000_000 }),
        fc.constantFrom("none", "center", "whiten", "auto"),
        (anchors, transform) => {
          const { from, to } = bandOf(anchors);
          expect(from).toBeLessThanOrEqual(anchors);
          expect(to).toBeGreaterThanOrEqual(anchors);
          expect(bandOf(from)).toEqual(bandOf(to));
          expect(autoParameters(transform, from)).toEqual(autoParameters(transform, to));
        },
      ),
    );
  });
});
