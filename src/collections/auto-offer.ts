import type { AutoOffer } from "../api/auto-offer.ts";
import { isPlugged } from "../api/methods.ts";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { bandOf } from "../retrieval/index.ts";
import type { CollectionDefaults, Log } from "../types.ts";
import { measureOffer, type MeasuredOffer } from "./measure-offer.ts";
import type { OpenCollection } from "./memory.ts";

/** What collections would gain by a move to `auto`, measured in the background on first request. */
export interface AutoOffers {
  /** What is known now; absent for a collection that has moved already. Starts to measure where nothing is known. */
  readonly of: (collection: OpenCollection) => AutoOffer | undefined;
  /** Ends what is being measured. */
  readonly close: () => Promise<void>;
}

type Known = { readonly measured: MeasuredOffer } | { readonly reason: string };

/** One collection is measured at a time, so that queries of the others keep their processors. */
export const createAutoOffers = (log: Log): AutoOffers => {
  const known = new WeakMap<OpenCollection, { readonly key: string; readonly offer: Known }>();
  const waiting = new Set<OpenCollection>();
  const closing = new AbortController();
  const isClosing = (): boolean => closing.signal.aborted;
  let last: Promise<void> = Promise.resolve();

  const measure = async (collection: OpenCollection, key: string): Promise<void> => {
    if (isClosing()) return;
    try {
      const measured = await measureOffer(collection.space.view(), collection.defaults(), closing.signal);
      known.set(collection, { key, offer: { measured } });
    } catch (error) {
      if (isClosing()) return;
      if (!isAnchorageError(error)) log.warn(`a move to auto could not be measured: ${messageOf(error)}`);
      known.set(collection, { key, offer: { reason: messageOf(error) } });
    }
  };

  const start = (collection: OpenCollection, key: string): void => {
    if (waiting.has(collection) || isClosing()) return;
    waiting.add(collection);
    last = last.then(() => measure(collection, key)).finally(() => waiting.delete(collection));
  };

  return {
    of: (collection) => {
      const defaults = collection.defaults();
      if (isAutomatic(defaults)) return undefined;
      const reason = whyUnmeasurable(defaults);
      if (reason !== null) return { state: "unknown", reason };
      const { from } = bandOf(collection.space.view().size);
      const key = JSON.stringify([from, defaults]);
      const found = known.get(collection);
      if (found?.key === key)
        return "measured" in found.offer
          ? { state: "measured", measured: found.offer.measured }
          : { state: "unknown", reason: found.offer.reason };
      start(collection, key);
      return { state: "measuring" };
    },
    close: async () => {
      closing.abort(new AnchorageError("cancelled", "the service is stopping"));
      await last;
    },
  };
};

/** Whether there is nothing that a move would change. */
const isAutomatic = ({ asif, transform }: CollectionDefaults): boolean =>
  asif.k === "auto" && asif.p === "auto" && transform === "auto";

const whyUnmeasurable = ({ method }: CollectionDefaults): string | null =>
  isPlugged(method) ? `"${method}" is plugged in, and may not depend on transform, k and p` : null;
