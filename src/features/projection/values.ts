import { createTurns } from "../../math/slices.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { JsonValue } from "../../types.ts";

/** Values that have a code of their own, the most frequent; the others share one. */
const MOST_VALUES = 1_000;
/** The code of an anchor that lacks the key. */
export const NO_VALUE = 0xffffffff;
/** The code of a value that is an object, or too rare to have one. */
export const OTHER_VALUE = 0xfffffffe;

type Scalar = string | number | boolean | null;

/** A metadata key's value for each anchor of a view, in id order. */
export interface KeyValues {
  /** Places in `values`, or {@link NO_VALUE} or {@link OTHER_VALUE}. */
  readonly codes: Uint32Array<ArrayBuffer>;
  /** The most frequent first. */
  readonly values: readonly Scalar[];
  /** How many anchors have each of `values`. */
  readonly counts: readonly number[];
  /** The values themselves where all of them are numbers, NaN without the key; else null. */
  readonly numbers: Float32Array<ArrayBuffer> | null;
}

/** Reads one metadata key of every live anchor; of a list the first value. */
export const valuesOf = async (view: AnchorView, key: string): Promise<KeyValues> => {
  const slots = view.liveSlots();
  const found = new Array<JsonValue | undefined>(slots.length);
  const counts = new Map<Scalar, number>();
  const turn = createTurns();
  for (const [i, slot] of slots.entries()) {
    const { metadata } = view.entry(slot);
    const value = Object.hasOwn(metadata, key) ? firstOf(metadata[key]) : undefined;
    found[i] = value;
    if (isScalar(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
    await turn();
  }
  const ranked = [...counts]
    .sort(([a, x], [b, y]) => y - x || (String(a) < String(b) ? -1 : 1))
    .slice(0, MOST_VALUES);
  const codeOf = new Map(ranked.map(([value], code) => [value, code]));
  const codes = Uint32Array.from(found, (value) => {
    if (value === undefined) return NO_VALUE;
    return isScalar(value) ? (codeOf.get(value) ?? OTHER_VALUE) : OTHER_VALUE;
  });
  const isNumeric =
    counts.size > 0 && found.every((value) => value === undefined || typeof value === "number");
  return {
    codes,
    values: ranked.map(([value]) => value),
    counts: ranked.map(([, count]) => count),
    numbers: isNumeric
      ? Float32Array.from(found, (value) => (typeof value === "number" ? value : NaN))
      : null,
  };
};

const firstOf = (value: JsonValue | undefined): JsonValue | undefined =>
  Array.isArray(value) ? (value as readonly JsonValue[])[0] : value;

const isScalar = (value: JsonValue | undefined): value is Scalar =>
  value === null || (value !== undefined && typeof value !== "object");
