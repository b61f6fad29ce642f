import { createBestRows, type BestRows, type Ranked } from "./best-rows.ts";
import { candidatesFor } from "./candidates.ts";
import { createCandidateKeeper, kthOf, leastOf, moveFirst, type CodeCandidates } from "./code-candidates.ts";
import { codeQuery, errorStep, scoreBound, writeQuery, type CodedQuery } from "./coding.ts";
import type { ScanKernels } from "./kernels.ts";
import { AREA, EXTENT_ROWS, EXTENT_SHIFT } from "./layout.ts";
import type { RowAccess } from "./rows.ts";
import type { Segment } from "./segment.ts";

/** What a thread searches with: its own kernels over a segment, and the rows that the segment's slots stand for. */
export interface Arm {
  readonly thread: number;
  readonly segment: Segment;
  readonly kernels: ScanKernels;
  readonly rows: RowAccess;
}

/** A search of the positions `from` to `to` of a segment in which the slot at position p is `firstSlot + p`. */
export interface FlatPart {
  readonly query: Float32Array;
  readonly k: number;
  /** Whether the answer must be proven to be what float32 scores of all rows would give. */
  readonly proof: boolean;
  readonly firstSlot: number;
  readonly from: number;
  readonly to: number;
  /** One byte per slot: 1 if it may be found. Absent: all may be. */
  readonly allow?: Uint8Array | undefined;
  /** Whether to read only the allowed rows, one by one; else all are read and the others dropped. */
  readonly listed: boolean;
  /** The greatest error of the segment's rows. */
  readonly error: number;
}

/** Rows that are scored in float32 at once. */
const RESCORED = 256;
const PAIR_BYTES = 8;

type Found = (position: number, score: number) => void;

/**
 * Searches a part: a scan of codes keeps the best candidates, which are scored again in float32. It yields between pieces of
 * work of a fraction of a millisecond, so that the main thread may do something else meanwhile.
 *
 * @returns the k best and those as good as the k-th, fewer where fewer may be found
 */
export function* searchPart(arm: Arm, part: FlatPart): Generator<undefined, Ranked> {
  const { query, k, proof, firstSlot, from, to, allow } = part;
  const coded = codeQuery(query);
  const wanted = candidatesFor(k, proof);
  const positions = part.listed || to - from <= wanted ? allowedPositions(part) : undefined;
  const best = createBestRows(k);
  if (positions !== undefined && positions.length <= wanted) {
    yield* rescoreAll(arm, query, positions, firstSlot, best);
    return best.ranked();
  }
  const keeper = createCandidateKeeper(wanted);
  const keep: Found = (position, score) => {
    if (allow === undefined || allow[firstSlot + position] === 1) keeper.offer(position, score);
  };
  const scan = positions === undefined ? scanRange(arm, coded, from, to) : scanList(arm, coded, positions);
  yield* scan(keep, keeper.threshold, 2 * wanted + 1_024);
  const ranked = yield* rescoreCandidates(arm, part, coded, keeper.take(), best);
  return ranked ?? (yield* searchAgain(arm, part, coded, best.kth(), scan));
}

/**
 * Scores candidates again in float32.
 *
 * @param best takes the scores
 * @returns undefined where a proof was asked for and a row that was left out may be among the best
 */
export function* rescoreCandidates(
  arm: Arm,
  part: Pick<FlatPart, "query" | "k" | "proof" | "firstSlot" | "error">,
  coded: CodedQuery,
  { positions, scores, droppedSome }: CodeCandidates,
  best: BestRows,
): Generator<undefined, Ranked | undefined> {
  const { query, k, proof, firstSlot } = part;
  if (!proof) {
    yield* rescoreAll(arm, query, positions, firstSlot, best);
    return best.ranked();
  }
  const better = moveFirst(positions, scores, kthOf(scores, k));
  yield* rescoreAll(arm, query, positions.subarray(0, better), firstSlot, best);
  const others = { positions: positions.subarray(better), scores: scores.subarray(better), best };
  yield* rescorePossible(arm, part, coded, others);
  const least = leastOf(scores);
  const reach = scoreBound(coded, part.error, query.length);
  return !droppedSome || least * coded.scale + reach < best.kth() ? best.ranked() : undefined;
}

/** Scores every row again that may be at least as good as `kth`, which is the score of a k-th row, if not of the best k. */
function* searchAgain(
  arm: Arm,
  part: FlatPart,
  coded: CodedQuery,
  kth: number,
  scan: Scan,
): Generator<undefined, Ranked> {
  const best = createBestRows(part.k, kth);
  const reach = scoreBound(coded, part.error, part.query.length);
  const threshold = (kth - reach) / coded.scale;
  const positions = new Int32Array(RESCORED);
  const scores = new Float32Array(RESCORED);
  let count = 0;
  const flush = (): void => {
    const some = { positions: positions.subarray(0, count), scores: scores.subarray(0, count), best };
    finished(rescorePossible(arm, part, coded, some));
    count = 0;
  };
  yield* scan(
    (position, score) => {
      if (part.allow !== undefined && part.allow[part.firstSlot + position] !== 1) return;
      positions[count] = position;
      scores[count++] = score;
      if (count === RESCORED) flush();
    },
    () => threshold,
    RESCORED,
  );
  flush();
  return best.ranked();
}

const allowedPositions = ({ firstSlot, from, to, allow }: FlatPart): Int32Array => {
  if (allow === undefined) return Int32Array.from({ length: to - from }, (_, i) => from + i);
  const end = firstSlot + to;
  let positions = new Int32Array(1_024);
  let count = 0;
  for (
    let slot = allow.indexOf(1, firstSlot + from);
    slot >= 0 && slot < end;
    slot = allow.indexOf(1, slot + 1)
  ) {
    if (count === positions.length) {
      const larger = new Int32Array(2 * count);
      larger.set(positions);
      positions = larger;
    }
    positions[count++] = slot - firstSlot;
  }
  return positions.subarray(0, count);
};

export function* rescoreAll(
  { rows }: Arm,
  query: Float32Array,
  positions: Int32Array,
  firstSlot: number,
  best: BestRows,
): Generator<undefined, void> {
  const slots = new Int32Array(RESCORED);
  const scores = new Float32Array(RESCORED);
  for (let first = 0; first < positions.length; first += RESCORED) {
    const count = Math.min(RESCORED, positions.length - first);
    for (let i = 0; i < count; i++) slots[i] = firstSlot + (positions[first + i] ?? 0);
    rows.score(query, slots, count, scores);
    best.offer(slots, scores, count);
    yield;
  }
}

/** Scores candidates again, passing over those that by their own error cannot be among the best. */
function* rescorePossible(
  arm: Arm,
  { query, firstSlot }: Pick<FlatPart, "query" | "firstSlot">,
  coded: CodedQuery,
  candidates: { readonly positions: Int32Array; readonly scores: Float32Array; readonly best: BestRows },
): Generator<undefined, void> {
  const { positions, scores, best } = candidates;
  const step = errorStep(query.length);
  const extents = arm.segment.extents(0);
  const possible = new Int32Array(RESCORED);
  for (let next = 0; next < positions.length;) {
    const kth = best.kth();
    let count = 0;
    for (; next < positions.length && count < RESCORED; next++) {
      const position = positions[next] ?? 0;
      const error = (extents[position >>> EXTENT_SHIFT]?.errors[position & (EXTENT_ROWS - 1)] ?? 255) * step;
      const score = (scores[next] ?? 0) * coded.scale;
      if (score + scoreBound(coded, error, query.length) >= kth) possible[count++] = position;
    }
    yield* rescoreAll(arm, query, possible.subarray(0, count), firstSlot, best);
  }
}

/** @param room pairs after which the threshold is taken anew */
type Scan = (found: Found, threshold: () => number, room: number) => Generator<undefined, void>;

const scanRange = (arm: Arm, coded: CodedQuery, from: number, to: number): Scan =>
  function* (found, threshold, room) {
    const { segment, kernels } = arm;
    const { query, region, limit, drain } = openArea(arm, coded, room);
    const extents = segment.extents(to);
    for (let position = from; position < to;) {
      const extent = extents[position >>> EXTENT_SHIFT];
      if (extent === undefined) return;
      const within = position & (EXTENT_ROWS - 1);
      const rows = Math.min(to - position, EXTENT_ROWS - within);
      const [codes, scales] = [extent.codesAt + within * segment.stride, extent.scalesAt + 4 * within];
      position += drain(position + rows, found, () =>
        kernels.scan(codes, scales, (rows + 3) & ~3, position, query, region, limit, threshold()),
      );
      yield;
    }
  };

const scanList = (arm: Arm, coded: CodedQuery, positions: Int32Array): Scan =>
  function* (found, threshold, room) {
    const { segment, kernels } = arm;
    const { query, region, limit, area, drain } = openArea(arm, coded, room);
    for (let next = 0; next < positions.length;) {
      const rows = Math.min(AREA.positionsCapacity, EXTENT_ROWS, positions.length - next);
      next += drain(Infinity, found, () => {
        new Int32Array(segment.buffer(), area + AREA.positions, rows).set(
          positions.subarray(next, next + rows),
        );
        return kernels.scanList(segment.base, area + AREA.positions, rows, query, region, limit, threshold());
      });
      yield;
    }
  };

/** The thread's work area, for one query: another search may write its own there between two calls. */
const openArea = ({ segment, kernels, thread }: Arm, coded: CodedQuery, room: number) => {
  const area = segment.area(thread);
  const [query, region] = [area + AREA.query, area + AREA.region];
  const limit = region + 16 + PAIR_BYTES * Math.min(AREA.pairsCapacity, room);
  const buffer = segment.buffer();
  const head = new Uint32Array(buffer, region, 1);
  return {
    area,
    query,
    region,
    limit,
    /** Calls a kernel and hands out the pairs that it found before position `end`. */
    drain: (end: number, found: Found, kernel: () => number): number => {
      writeQuery(coded, buffer, query, kernels.relaxed);
      head[0] = region + 16;
      const done = kernel();
      const [next = 0] = head;
      const pairs = (next - region - 16) / PAIR_BYTES;
      const positions = new Int32Array(buffer, region + 16, 2 * pairs);
      const scores = new Float32Array(buffer, region + 16, 2 * pairs);
      for (let i = 0; i < 2 * pairs; i += 2) {
        const position = positions[i] ?? 0;
        if (position < end) found(position, scores[i + 1] ?? 0);
      }
      return done;
    },
  };
};

/** Runs a generator to its end, without a pause. */
export const finished = <T>(steps: Generator<undefined, T>): T => {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};
