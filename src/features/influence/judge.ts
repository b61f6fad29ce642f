import type { Candidates } from "./candidates.ts";
import type { ExactScores } from "./exact.ts";
import { inverse, NORM_ERROR, type CandidateNorms } from "./norms.ts";
import type { Products } from "./products.ts";
import type { LeaveOutRows } from "./rows.ts";
import type { Standing } from "./standing.ts";

/** Scores with a larger error bound are computed as in a classification. */
const KNOWN = 1e-9;

/** An image's answer without an anchor. */
export interface RemovalEffect {
  /** The class that then comes first; any of several with that name. */
  readonly first: number;
  /** The new score of the class that came first before. */
  readonly score: number;
}

/** Computes answers without one anchor, which is set first. */
export interface Judge {
  /** @param rows the text rows that contain the anchor, and `entries` their positions of it */
  readonly leaveOut: (slot: number, rows: Int32Array, entries: Int32Array) => void;
  /** The candidates that contain it, with an upper bound of the factor by which their scores can grow. */
  readonly touched: () => readonly { readonly candidate: number; readonly growth: number }[];
  /** @param entry position of the anchor in the image's row, or -1; `winner` the first class with the anchor */
  readonly judge: (image: number, entry: number, winner: number) => RemovalEffect;
}

export const createJudge = (
  images: LeaveOutRows,
  texts: LeaveOutRows,
  candidates: Candidates,
  norms: CandidateNorms,
  products: Products,
  standing: Standing,
  exact: ExactScores,
  rounding: number,
): Judge => {
  const { count, offsets, rows, classes, ofClass, ofRow, names } = candidates;
  const columns = texts.count;
  const negative = images.hasNegative || texts.hasNegative;
  const inverses = texts.norms.map(inverse);
  const inversesWithout = texts.normsWithout.map(inverse);
  const normsNow = norms.whole.slice();
  /** Factor by which the error of a nearly cancelled candidate is larger than another's. */
  const spread = normsNow.reduce((most, norm, q) => {
    const size = (offsets[q + 1] ?? 0) - (offsets[q] ?? 0);
    return norm > 0 ? Math.max(most, size / norm) : most;
  }, 1);
  const unsteady = [...normsNow.keys()].filter((q) => Number.isNaN(normsNow[q]));
  const entryOf = new Int32Array(columns).fill(-1);
  const isTouched = new Uint8Array(count);
  let touchedRows: Int32Array = new Int32Array(0);
  let touched: { candidate: number; growth: number }[] = [];
  /** Error bound of the score that was computed last. */
  let error = 0;
  // The candidates that may come first, with their scores; `least` is a lower bound of the best of them.
  const considered = new Int32Array(count);
  const scores = new Float64Array(count);
  const errors = new Float64Array(count);
  let filled = 0;
  let least = -Infinity;

  const leaveOut = (slot: number, held: Int32Array, entries: Int32Array): void => {
    for (const row of touchedRows) entryOf[row] = -1;
    for (const { candidate } of touched) {
      isTouched[candidate] = 0;
      normsNow[candidate] = norms.whole[candidate] ?? NaN;
    }
    touchedRows = held;
    touched = [];
    held.forEach((row, i) => (entryOf[row] = entries[i] ?? -1));
    for (const row of held) for (const q of ofRow[row] ?? []) touch(q);
    exact.leaveOut(slot);
  };

  const touch = (q: number): void => {
    if (isTouched[q] === 1) return;
    isTouched[q] = 1;
    const norm = norms.without(q, entryOf);
    normsNow[q] = norm;
    let most = 1;
    for (let r = offsets[q] ?? 0; r < (offsets[q + 1] ?? 0); r++) {
      const entry = entryOf[rows[r] ?? 0] ?? -1;
      if (entry < 0) continue;
      const [now, before] = [inversesWithout[entry] ?? 0, inverses[rows[r] ?? 0] ?? 0];
      most = Math.max(most, before === 0 ? Infinity : now / before);
      if (Number.isNaN(now)) most = Infinity;
    }
    const growth = (most * (norms.whole[q] ?? NaN)) / norm;
    touched.push({ candidate: q, growth: Number.isNaN(growth) ? Infinity : growth });
  };

  /** Sets `error` to the rounding error bound of the score. */
  const scoreOf = (image: number, q: number, entry: number): number => {
    const imageNorm = entry < 0 ? (images.norms[image] ?? 0) : (images.normsWithout[entry] ?? 0);
    const norm = normsNow[q] ?? NaN;
    error = 0;
    if (imageNorm === 0) return 0;
    const value = entry < 0 ? 0 : (images.values[entry] ?? 0);
    const coming = images.next[image] ?? -1;
    let sum = 0;
    let magnitude = 0;
    for (let r = offsets[q] ?? 0; r < (offsets[q + 1] ?? 0); r++) {
      const row = rows[r] ?? 0;
      const cell = image * columns + row;
      const textEntry = entryOf[row] ?? -1;
      const whole = products.whole[cell] ?? 0;
      let product = whole;
      let added = negative ? (images.norms[image] ?? 0) * (texts.norms[row] ?? 0) : Math.abs(whole);
      const withImage = entry < 0 ? 0 : (products.imageNext[cell] ?? 0) - whole;
      const withText = textEntry < 0 ? 0 : (products.textNext[cell] ?? 0) - whole;
      product += withImage + withText;
      added += Math.abs(withImage) + Math.abs(withText);
      if (entry >= 0 && textEntry >= 0) {
        const taken = value * (texts.values[textEntry] ?? 0);
        product -= taken;
        added += Math.abs(taken);
        if (coming >= 0 && coming === texts.next[row]) {
          const both = (images.nextValues[image] ?? 0) * (texts.nextValues[row] ?? 0);
          product += both;
          added += Math.abs(both);
        }
      }
      const scale = (textEntry < 0 ? inverses[row] : inversesWithout[textEntry]) ?? 0;
      sum += product * scale;
      magnitude += added * scale;
    }
    const score = sum / (imageNorm * norm);
    error = (rounding * magnitude) / (imageNorm * norm);
    if (offsets[q + 1] !== (offsets[q] ?? 0) + 1) error += NORM_ERROR * Math.abs(score);
    if (error <= KNOWN) return score;
    error = 0;
    return exact.score(image, q);
  };

  const consider = (image: number, q: number, entry: number): void => {
    const score = scoreOf(image, q, entry);
    considered[filled] = q;
    scores[filled] = score;
    errors[filled] = error;
    filled++;
    least = Math.max(least, score - error);
  };

  const judge = (image: number, entry: number, winner: number): RemovalEffect => {
    filled = 0;
    least = -Infinity;
    for (const q of unsteady) if (isTouched[q] === 0) consider(image, q, entry);
    const order = entry < 0 ? standing.order : standing.orderNext;
    const norm = entry < 0 ? (images.norms[image] ?? 0) : (images.normsWithout[entry] ?? 0);
    const slack = negative ? (rounding * spread * (images.norms[image] ?? 0)) / norm + NORM_ERROR : 0;
    for (let at = image * count; at < (image + 1) * count; at++) {
      const q = order[at] ?? 0;
      if (isTouched[q] === 1 || Number.isNaN(norms.whole[q])) continue;
      consider(image, q, entry);
      // Without a norm the order is undefined. Otherwise the remaining candidates are no better, and ties come later.
      if (Number.isNaN(norm)) continue;
      const [score, off] = [scores[filled - 1] ?? 0, errors[filled - 1] ?? 0];
      if (score + 2 * off + slack < least) break;
      if (score === 0 && off === 0 && !negative) break;
    }
    for (const { candidate, growth } of touched) {
      const ceiling = ((standing.ceilings[image * count + candidate] ?? 0) * growth) / norm;
      if (negative || !(ceiling * (1 + NORM_ERROR) < least)) consider(image, candidate, entry);
    }
    return { first: firstConsidered(image), score: classScore(image, entry, winner) };
  };

  /** The class that comes first among the considered ones, by exact scores if rounding could decide. */
  const firstConsidered = (image: number): number => {
    let certain = true;
    let first = -1;
    let isOfOneName = true;
    for (let at = 0; at < filled; at++) {
      const off = errors[at] ?? 0;
      if ((scores[at] ?? 0) + off < least) continue;
      const owner = classes[considered[at] ?? 0] ?? 0;
      if (first >= 0 && names[owner] !== names[first]) isOfOneName = false;
      first = owner;
      if (off !== 0) certain = false;
    }
    if (isOfOneName) return Math.max(0, first);
    let best = -Infinity;
    for (let at = 0; at < filled; at++) {
      if ((scores[at] ?? 0) + (errors[at] ?? 0) < least) continue;
      const q = considered[at] ?? 0;
      const owner = classes[q] ?? 0;
      const score = certain ? (scores[at] ?? 0) : exact.score(image, q);
      if (score < best || (score === best && owner > first)) continue;
      best = score;
      first = owner;
    }
    return first;
  };

  const classScore = (image: number, entry: number, winner: number): number => {
    let best = -Infinity;
    for (const q of ofClass[winner] ?? []) best = Math.max(best, scoreOf(image, q, entry));
    return best;
  };

  return { leaveOut, touched: () => touched, judge };
};
