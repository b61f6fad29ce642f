import type { NamedTransform } from "../../../src/api/transforms.ts";
import type { Modality } from "../../../src/types.ts";
import { cosine, naiveTransform } from "../../support/naive-asif.ts";
import type { NaiveRecord, NaiveState } from "../../support/naive-collection.ts";
import { innerProduct } from "../../support/naive-index.ts";

/** Up to so many anchors a fit follows every change. */
const FOLLOWED = 200;
/** Of the directions that rows vary in, those of a smaller share of the greatest deviation are rounding in float32. */
const FLOOR = 1e-3;
/** What a transform leaves of a query, below which its direction is rounding. */
const LEFT = 1e-2;

interface Shown {
  readonly score?: (anchor: NaiveRecord) => number;
  readonly within?: number;
}

/**
 * How alike anchors are to a query, seen through a transform; nothing where that is not determined: where the fit may be
 * of another sequence, or hangs on rounding.
 *
 * @param followed whether the fit is of this very state, where it follows
 */
export const shownBy = (
  state: NaiveState,
  transform: NamedTransform,
  modality: Modality,
  query: readonly number[],
  followed: boolean,
): Shown => {
  // Its power and rank are for tests of their own.
  if (transform === "auto") return {};
  const kind = modality === "text" && transform === "whiten" ? "center" : transform;
  if (kind === "none") return { score: (anchor) => cosine(anchor[modality], query) };
  const anchors = [...state.values()];
  if (!followed || anchors.length > FOLLOWED) return {};
  // Nothing is fitted on one direction alone.
  if (isOneDirection(anchors, modality)) return { score: (anchor) => cosine(anchor[modality], query) };
  const [show, careful] = [
    naiveTransform(anchors, modality, kind, FLOOR),
    naiveTransform(anchors, modality, kind, 50 * FLOOR),
  ];
  const seen = show(query);
  const isClear = (row: readonly number[]): boolean => norm(row) > LEFT;
  const differs = anchors.some(
    (anchor) => cosine(careful(anchor[modality]), show(anchor[modality])) < 1 - 1e-9,
  );
  if (differs || !isClear(seen) || cosine(careful(query), seen) < 1 - 1e-9) return {};
  return { score: (anchor) => cosine(show(anchor[modality]), seen), within: kind === "center" ? 1e-4 : 2e-3 };
};

const norm = (row: readonly number[]): number => Math.sqrt(innerProduct(row, row));

const isOneDirection = (anchors: readonly NaiveRecord[], modality: Modality): boolean => {
  const [first] = anchors;
  return (
    first === undefined || anchors.every((anchor) => cosine(anchor[modality], first[modality]) > 1 - 1e-9)
  );
};
