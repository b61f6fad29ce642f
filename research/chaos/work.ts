import { setTimeout as pause } from "node:timers/promises";
import { AnchorageApiError, type CollectionClient } from "../../src/features/client.ts";
import { createRandom, type Random } from "../../src/math/random.ts";
import type { Given } from "./chain.ts";
import { anchorOf, type Model } from "./model.ts";

/** Each writes ids of its own, so that it is known in which order an id was written. */
const WRITERS = 3;
const BLOCKS_A_WRITER = 35;
const IDS_A_BLOCK = 20;
const DELETIONS = 0.2;
const DELETIONS_BY_FILTER = 0.1;
const LONGEST_PAUSE_MS = 600;
/** A request that is not answered by then hangs. */
const ANSWERED_WITHIN_MS = 60_000;

/** What was acknowledged and what went wrong, over all rounds. */
export interface Ledger {
  readonly model: Model;
  readonly receipts: Given[];
  readonly faults: string[];
  writes: number;
  compactions: number;
  /** Answers that asked to try again later. */
  refusals: number;
  /** The highest that an answer named. */
  sequence: number;
  /** Of the last compaction that erased. */
  erasedTo: number;
}

export interface Work {
  /** From now on it is no fault that nobody answers. */
  readonly expectEnd: () => void;
  /** Resolves when nothing is under way any more. */
  readonly stop: () => Promise<void>;
  /** One write more, which must be acknowledged. */
  readonly writeOnce: () => Promise<void>;
}

const blocks = Array.from({ length: WRITERS }, (_, writer) =>
  Array.from({ length: BLOCKS_A_WRITER }, (__, block) => `w${writer}-${block}`),
);
const idsOf = (block: string): string[] => Array.from({ length: IDS_A_BLOCK }, (_, i) => `${block}.${i}`);
const ids = blocks.map((own) => own.flatMap(idsOf));

const put = async (
  collection: CollectionClient,
  ledger: Ledger,
  chosen: readonly string[],
  random: Random,
): Promise<void> => {
  const version = 1 + random.integer(2 ** 31);
  const anchors = chosen.map((id) => anchorOf(id, version));
  ledger.model.sent(chosen, version);
  const { sequence } = await collection.putAnchors(anchors, answeredSoon());
  ledger.model.acknowledged(chosen, version);
  ledger.sequence = Math.max(ledger.sequence, sequence);
  ledger.writes++;
};

const answeredSoon = () => ({ signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });

/** Writes every id once. */
export const fill = (collection: CollectionClient, ledger: Ledger, random: Random): Promise<void> =>
  put(collection, ledger, ids.flat(), random);

/** Writes, deletes and compacts, all at once, until it is stopped or the service is gone. */
export const startWork = (collection: CollectionClient, ledger: Ledger, random: Random): Work => {
  const stopping = new AbortController();
  let endExpected = false;

  const goOn = async (once: (random: Random) => Promise<void>, own: Random): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await once(own);
      } catch (error) {
        if (!(error instanceof AnchorageApiError)) {
          if (!endExpected) ledger.faults.push(`nobody answered: ${String(error)}`);
          return;
        }
        if (error.status !== 503) ledger.faults.push(error.message);
        ledger.refusals++;
        await pause(20);
      }
    }
  };
  const deleting = async (
    changed: readonly string[],
    which: Parameters<CollectionClient["deleteAnchors"]>[0],
  ): Promise<void> => {
    ledger.model.sent(changed, null);
    const { sequence, receipt } = await collection.deleteAnchors(which, answeredSoon());
    ledger.model.acknowledged(changed, null);
    ledger.sequence = Math.max(ledger.sequence, sequence);
    ledger.writes++;
    const { id, hash, count } = receipt;
    if (id !== null && hash !== null) ledger.receipts.push({ id, hash, count, sequence });
  };

  const write = (writer: number) => async (own: Random) => {
    const kind = own.next();
    if (kind < DELETIONS_BY_FILTER) {
      const chosen = own.sample(blocks[writer] ?? [], 1 + own.integer(2));
      return deleting(chosen.flatMap(idsOf), { filter: { block: { in: chosen } } });
    }
    const chosen = own.sample(ids[writer] ?? [], 1 + own.integer(40));
    return kind < DELETIONS_BY_FILTER + DELETIONS
      ? deleting(chosen, { ids: chosen })
      : put(collection, ledger, chosen, own);
  };

  const compact = async (own: Random): Promise<void> => {
    await pause(own.integer(LONGEST_PAUSE_MS), undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    const tables = own.next() < 0.5 ? "vacuum" : "rewrite";
    const { sequence } = await collection.compact({ tables, ...answeredSoon() });
    if (tables === "rewrite") ledger.erasedTo = Math.max(ledger.erasedTo, sequence);
    ledger.compactions++;
  };

  const own = (): Random => createRandom(random.integer(2 ** 31));
  const working = Promise.all([
    ...Array.from({ length: WRITERS }, (_, writer) => goOn(write(writer), own())),
    goOn(compact, own()),
  ]);
  return {
    expectEnd: () => {
      endExpected = true;
    },
    stop: async () => {
      stopping.abort();
      await working;
    },
    writeOnce: () => put(collection, ledger, (ids[0] ?? []).slice(0, 1), random),
  };
};
