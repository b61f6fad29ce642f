import { describe, expect, it } from "vitest";
import { idsBeside, leftOf, proposedCaption, type CheckedFinding } from "../../web/src/health/words.ts";

const anchor = (id: string, text: string | null = `caption of ${id}`) => ({ anchor: id, text, image: null });
const found = (ids: readonly string[], beside: string | null = null): CheckedFinding => ({
  score: 1,
  count: ids.length,
  anchors: ids.map((id) => anchor(id)),
  beside: beside === null ? null : anchor(beside),
  value: null,
  reason: "",
});

describe("a finding of a check on the page", () => {
  it("lists what goes when one anchor is kept", () => {
    expect(idsBeside(found(["a", "b", "c"]), "b")).toEqual(["a", "c"]);
  });

  it("proposes the caption of the picture beside it, else its own", () => {
    expect(proposedCaption(found(["a"], "x"))).toBe("caption of x");
    expect(proposedCaption(found(["a"]))).toBe("caption of a");
  });

  it("is settled once too few of its anchors are left", () => {
    const pair = found(["a", "b"]);
    const settled = new Set(["duplicate-pairs a"]);
    expect(leftOf({ kind: "duplicate-pairs" }, pair, settled)).toBeNull();
    expect(leftOf({ kind: "duplicate-pairs" }, found(["a", "b", "c"]), settled)?.anchors).toHaveLength(2);
    expect(leftOf({ kind: "mismatches" }, found(["a"]), settled)).not.toBeNull();
    expect(leftOf({ kind: "mismatches" }, found(["a"]), new Set(["mismatches a"]))).toBeNull();
  });
});
