import { sendBatch } from "../../client/index.ts";
import type { AnchorContentBody, ContentStateBody } from "../../api/anchor-comparison.ts";
import type { AnchorSource } from "../../api/anchors.ts";
import type { AnchorId, Metadata } from "../../types.ts";
import { reject, type Reject } from "../files/index.ts";
import { chooseId, describeDifferences, type TakenId } from "./choose-id.ts";
import { sha256Of } from "./hashes.ts";
import type { Identities, PairIds } from "./identities.ts";
import { loadImage } from "./load-image.ts";
import type { Pair } from "./types.ts";

export interface ImportedAnchor {
  readonly id: AnchorId;
  readonly text: string;
  readonly image: Uint8Array;
  readonly metadata: Metadata;
  readonly source: AnchorSource;
}

/** Where pairs go. */
export interface ImportTarget {
  /** How the contents differ from the anchors stored under their ids, in order. */
  compare(contents: readonly AnchorContentBody[]): Promise<readonly ContentStateBody[]>;
  /**
   * Stores all of them or none.
   *
   * @throws AnchorageError whose fault paths start with `anchors.<index>` where it will not take some of them
   */
  put(anchors: readonly ImportedAnchor[]): Promise<void>;
}

/** What became of pairs. */
export interface BatchCounts {
  readonly stored?: number;
  readonly present?: number;
  readonly changed?: number;
}

export interface BatchOptions {
  readonly identities: Identities;
  /** Gets the id of each pair that is stored or stays. */
  readonly taken: Map<string, TakenId>;
  readonly replace: boolean;
  readonly onReject: (reject: Reject) => void;
  readonly onCount: (counts: BatchCounts) => void;
}

/** A pair to store, and the anchor that it becomes. */
interface Chosen {
  readonly pair: Pair;
  readonly anchor: ImportedAnchor;
}

/** A pair with the bytes of its image and the ids that it may have. */
export interface Loaded {
  readonly pair: Pair;
  readonly image: Uint8Array;
  readonly imageSha256: string;
  readonly ids: PairIds;
}

/**
 * Compares pairs with what is stored, and gives ids. Batches take turns, so that ids do not depend on which one is
 * quicker.
 *
 * @returns what has to be stored; the others are counted or rejected
 */
export const chooseBatch = async (
  loaded: readonly Loaded[],
  target: ImportTarget,
  options: BatchOptions,
): Promise<Chosen[]> => {
  const contents = loaded.flatMap(contentsOf);
  const states = contents.length === 0 ? [] : await target.compare(contents);
  let at = 0;
  const chosen: Chosen[] = [];
  for (const one of loaded) {
    const own = states.slice(at, (at += contentsOf(one).length));
    const anchor = choose(one, new Map(own.map((state) => [state.id, state])), options);
    if (anchor !== null) chosen.push({ pair: one.pair, anchor });
  }
  return chosen;
};

/** Stores a batch; each pair that the target will not take is rejected, and the others are stored. */
export const storeBatch = async (
  batch: readonly Chosen[],
  target: ImportTarget,
  { onReject, onCount }: Pick<BatchOptions, "onReject" | "onCount">,
): Promise<void> => {
  const outcomes = await sendBatch(batch, "anchors", async (some) => {
    await target.put(some.map(({ anchor }) => anchor));
    onCount({ stored: some.length });
    return some;
  });
  outcomes.forEach((outcome, i) => {
    const { pair, anchor } = batch[i] ?? {};
    if (pair !== undefined && "reason" in outcome) onReject(reject(pair.source, outcome.reason, anchor?.id));
  });
};

/** Reads the image of a pair; null if it cannot be read, which rejects the pair. */
export const loadPair = async (
  pair: Pair,
  { identities, taken, onReject }: BatchOptions,
): Promise<Loaded | null> => {
  const image = await loadImage(pair);
  if (typeof image !== "string") {
    const imageSha256 = await sha256Of(image);
    return { pair, image, imageSha256, ids: identities.idsOf(pair, imageSha256) };
  }
  // The pair has not vanished, whichever of its ids it is stored under.
  for (const { id } of identities.idsOf(pair, null).lookups) {
    if (!taken.has(id)) taken.set(id, { content: "", source: pair.source });
  }
  onReject(reject(pair.source, image, pair.id));
  return null;
};

const contentsOf = ({ pair, imageSha256, ids }: Loaded): AnchorContentBody[] => {
  const { text, metadata } = pair;
  const candidates = new Set([...ids.lookups.map(({ id }) => id), ...ids.fresh]);
  return Array.from(candidates, (id) => ({ id, source: sourceOf(pair), imageSha256, text, metadata }));
};

const sourceOf = ({ container, name }: Pair): AnchorSource => ({ container, name });

const choose = (
  { pair, image, ids }: Loaded,
  states: ReadonlyMap<string, ContentStateBody>,
  { taken, replace, onReject, onCount }: BatchOptions,
): ImportedAnchor | null => {
  const { text, metadata, source } = pair;
  const choice = chooseId(ids, states, taken);
  if (choice.do === "refuse") {
    onReject(reject(source, choice.reason, ids.fresh[0] ?? pair.id));
    return null;
  }
  const isRepeated = taken.has(choice.id);
  taken.set(choice.id, { content: ids.content, source });
  if (choice.do === "skip" && (isRepeated || !replace)) {
    onCount({ present: 1 });
    return null;
  }
  if (choice.do === "change" && !replace) {
    onCount({ changed: 1 });
    const verb = choice.differs.length === 1 ? "differs" : "differ";
    const reason = `its ${describeDifferences(choice.differs)} ${verb} from what is stored; --replace writes it`;
    onReject(reject(source, reason, choice.id));
    return null;
  }
  return { id: choice.id as AnchorId, text, image, metadata, source: sourceOf(pair) };
};
