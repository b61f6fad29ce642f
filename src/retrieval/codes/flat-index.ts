import { createSlices } from "../../math/slices.ts";
import {
  cheapestMeans,
  currentCosts,
  isListed,
  MAIN_MS,
  queryMs,
  SPLIT_ROWS,
  type SearchMeans,
} from "../costs.ts";
import { emptyNeighbours } from "../top-k.ts";
import type { IndexSearch, Neighbours, Slot, VectorIndex } from "../types.ts";
import type { Ranked } from "./best-rows.ts";
import { createSlotCodes, type CodedRange } from "./slot-codes.ts";
import { searchPart, type Arm, type FlatPart } from "./flat-part.ts";
import { canBatch, searchBatch } from "./flat-batch.ts";
import { openScanKernels, type ScanKernels } from "./kernels.ts";
import { noteSearch } from "./quiet.ts";
import { createRowStore, openRowScorer, type RowAccess, type RowScorer, type RowsHandle } from "./rows.ts";
import { searchPool, type SearchPool } from "./search-pool.ts";
import { rankAll } from "./rank-all.ts";
import { firstInOrder, settle } from "./settle.ts";
import { countOnes, sharedBytes, writeUnit } from "../unit-rows.ts";

/** Up to so many rows no codes are made: all are scored in float32. */
const UNCODED = 256;

export interface FlatIndex extends VectorIndex {
  readonly kind: "exact";
  /** Appends raw vectors at slots from `first` on: each is scaled to norm 1 as it is copied, as {@link unitRows} does. */
  readonly append: (first: Slot, vectors: readonly Float32Array[]) => void;
  /** The stored vector of a slot; not to be written to. */
  readonly row: (slot: Slot) => Float32Array;
  /** Writes the inner products of a query with the rows of `count` slots, in float32, as a search scores them. */
  readonly score: RowScorer["score"];
  /** The rows, for other threads. */
  readonly rows: () => RowsHandle;
  /** As any index, or by means that are to be measured. */
  readonly search: (
    queries: Float32Array,
    options: IndexSearch & { readonly means?: SearchMeans },
  ) => Promise<Neighbours>;
}

/** One query over all that it may find. */
interface FlatQuery {
  readonly query: Float32Array;
  readonly k: number;
  readonly proof: boolean;
  readonly allow: Uint8Array | undefined;
  readonly listed: boolean;
}

/**
 * An index of all rows in order: a scan of their codes finds candidates, which are scored in float32. Codes are made when a
 * search first needs them. What a search reads never changes under it: rows are only appended.
 *
 * @param options.compare the order of slots whose scores are equal
 * @param options.pool the threads that search; default: those of the process
 * @param options.raise for tests: added to the thresholds that a batch takes from a sample
 */
export const createFlatIndex = (options: {
  readonly dimension: number;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly pool?: SearchPool;
  readonly raise?: number;
}): FlatIndex => {
  const { dimension: d, compare, pool = searchPool() } = options;
  const rows = createRowStore(d);
  const coded = createSlotCodes(rows);
  const kernels = new WeakMap<CodedRange["segment"], ScanKernels>();
  let live = new Uint8Array(0);
  let removed = 0;
  let handle: RowsHandle | undefined;
  let reader: RowAccess | undefined;

  const appendRows = (
    first: Slot,
    count: number,
    write: (target: Float32Array, at: number, index: number) => void,
  ): void => {
    const slots = rows.count();
    if (first !== slots) throw new RangeError(`slot ${first} does not follow ${slots - 1}`);
    rows.append(count, write);
    live = grown(live, slots + count);
    live.fill(1, slots, slots + count);
    coded.follow();
  };

  const rowsHandle = (): RowsHandle => {
    const now = rows.handle();
    if (handle?.chunks.length === now.chunks.length) return handle;
    [handle, reader] = [now, undefined];
    return now;
  };

  const mainScorer = (): RowAccess => {
    const present = rowsHandle();
    return (reader ??= openRowScorer(present, 0));
  };

  const mainArm = ({ segment }: CodedRange): Arm => {
    let own = kernels.get(segment);
    if (own === undefined)
      kernels.set(segment, (own = openScanKernels(segment.handle.memory, segment.stride)));
    return { thread: 0, segment, kernels: own, rows: mainScorer() };
  };

  /** Searches a part on this thread, in slices. */
  const searchHere = async (range: CodedRange, part: FlatPart): Promise<Ranked> => {
    const steps = searchPart(mainArm(range), part);
    const slices = createSlices();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (slices.due()) await slices.rest();
    }
  };

  /** Searches a part on a thread of the pool, or here where it has none. */
  const searchThere = async (range: CodedRange, part: FlatPart): Promise<Ranked> => {
    const on = { segment: range.segment.handle, rows: rowsHandle() };
    return (await pool.run("part", on, part)) ?? searchHere(range, part);
  };

  const partsOf = (asked: FlatQuery, range: CodedRange, pieces: number): FlatPart[] => {
    const { firstSlot, rows: count, error } = range;
    const size = Math.ceil(count / pieces / 64) * 64;
    return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
      ...asked,
      firstSlot,
      from: i * size,
      to: Math.min(count, (i + 1) * size),
      error,
    }));
  };

  const rank = async (asked: FlatQuery, ranges: readonly CodedRange[], ms: number): Promise<Ranked[]> => {
    if (ms < MAIN_MS) {
      const found: Ranked[] = [];
      for (const range of ranges)
        for (const part of partsOf(asked, range, 1)) found.push(await searchHere(range, part));
      return found;
    }
    const shared = { ...asked, query: asked.query.slice(), allow: sharedBytes(asked.allow) };
    return Promise.all(
      ranges.flatMap((range) => {
        const idle = range.rows >= SPLIT_ROWS && !asked.listed ? Math.max(1, pool.idle()) : 1;
        return partsOf(shared, range, idle).map((part) => searchThere(range, part));
      }),
    );
  };

  const search: FlatIndex["search"] = async (queries, { k, allow, proof = true, means, ...given }) => {
    noteSearch();
    // As they are now: what is added or removed later must not be seen.
    const slots = Math.min(rows.count(), allow?.length ?? Infinity);
    const may = (allow ?? live).subarray(0, slots);
    const known = allow === undefined ? rows.count() - removed : given.allowed;
    const allowed = known ?? countOnes(may);
    const batch = queries.length / d;
    const width = Math.min(k, allowed);
    const result = emptyNeighbours(batch, width);
    if (width === 0) return result;
    const few = slots <= UNCODED ? slotsIn(may, allowed) : undefined;
    if (few === undefined) await coded.codeUpTo(slots);
    const ranges = few === undefined ? coded.ranges(slots) : [];
    const work = { rows: slots, allowed, dimension: d, k: width, proof };
    const listed = isListed(work);
    const ms = queryMs(currentCosts(), work);
    const asked = { k: width, proof, allow: allowed === slots ? undefined : may, listed };
    const [range] = ranges;
    const by = means ?? cheapestMeans(currentCosts(), { ...work, batch }).means;
    const answers =
      by !== "scans" && canBatch(ranges, width, proof) && range !== undefined
        ? await searchBatch(pool, range, rowsHandle(), {
            ...asked,
            allow: sharedBytes(asked.allow),
            queries,
            dimension: d,
            floats: by === "floats",
            allowed,
            raise: options.raise,
          })
        : [];
    const slices = createSlices();
    await Promise.all(
      Array.from({ length: batch }, async (_, row) => {
        const query = queries.subarray(row * d, (row + 1) * d);
        if (query.every((value) => value === 0)) {
          const first = await firstInOrder(slotsIn(may, allowed), width, compare);
          result.slots.set(first, row * width);
          result.counts[row] = width;
          return;
        }
        if ((ms < MAIN_MS || few !== undefined) && slices.due()) await slices.rest();
        const answer = few === undefined ? answers[row] : rankAll(mainScorer(), query, few, width);
        const found = answer == null ? await rank({ ...asked, query }, ranges, ms) : [answer];
        await settle(found, compare, result, row);
      }),
    );
    return result;
  };

  return {
    kind: "exact",
    dimension: d,
    size: () => rows.count() - removed,
    add: (first, vectors) =>
      appendRows(first, vectors.length / d, (target, at, index) =>
        target.set(vectors.subarray(index * d, (index + 1) * d), at),
      ),
    append: (first, vectors) =>
      appendRows(first, vectors.length, (target, at, index) => {
        const vector = vectors[index];
        if (vector !== undefined) writeUnit(vector, 0, target, at, d);
      }),
    remove: (gone) => {
      live = live.slice();
      for (const slot of gone) {
        if (live[slot] === 1) removed++;
        live[slot] = 0;
      }
    },
    row: rows.row,
    score: (query, slots, count, scores) => mainScorer().score(query, slots, count, scores),
    rows: rowsHandle,
    search,
    close: () => {
      for (const { segment } of coded.ranges(rows.count())) pool.forget(segment.handle);
      if (handle !== undefined) pool.forget(handle);
    },
  };
};

const grown = (bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> => {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length, 2 * bytes.length));
  larger.set(bytes);
  return larger;
};

const slotsIn = (bitmap: Uint8Array, count: number): Int32Array<ArrayBuffer> => {
  const slots = new Int32Array(count);
  let filled = 0;
  for (let slot = bitmap.indexOf(1); slot >= 0; slot = bitmap.indexOf(1, slot + 1)) slots[filled++] = slot;
  return slots;
};
