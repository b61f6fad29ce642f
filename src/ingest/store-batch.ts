import { isAnchorageError, messageOf, type AnchorageError } from "../errors.ts";
import type { AnchorId, Metadata } from "../types.ts";
import { reject, type Pair, type Reject } from "./types.ts";

/** Images of one request, which a service's BODY_LIMIT_MIB bounds (64 by default), as base64 takes a third more. */
const MAX_BATCH_BYTES = 24 * 1024 * 1024;
/** How an error of the target names the anchor that is at fault. */
const FAULT_PATH = /^anchors\.(\d+)(?:\.|$)/;

export interface ImportedAnchor {
  readonly id: AnchorId;
  readonly text: string;
  readonly image: Uint8Array;
  readonly metadata: Metadata;
}

/** Where pairs go. */
export interface ImportTarget {
  /** Those of `ids` that it has. */
  existing(ids: readonly AnchorId[]): Promise<ReadonlySet<AnchorId>>;
  /**
   * Stores all of them or none.
   *
   * @throws AnchorageError whose fault paths start with `anchors.<index>` where it will not take some of them
   */
  put(anchors: readonly ImportedAnchor[]): Promise<void>;
}

export interface BatchOptions {
  readonly replace: boolean;
  readonly onReject: (reject: Reject) => void;
  readonly onCount: (counts: { readonly stored?: number; readonly present?: number }) => void;
}

interface Loaded {
  readonly pair: Pair;
  readonly anchor: ImportedAnchor;
}

/** Puts what `target` does not have of `pairs`; each that it will not take is rejected, and the others are stored. */
export const storeBatch = async (
  pairs: readonly Pair[],
  target: ImportTarget,
  { replace, onReject, onCount }: BatchOptions,
): Promise<void> => {
  const rejectPair = ({ source, id }: Pair, reason: string): void => onReject(reject(source, reason, id));

  const put = async (batch: readonly Loaded[]): Promise<void> => {
    if (batch.length === 0) return;
    try {
      await target.put(batch.map(({ anchor }) => anchor));
      onCount({ stored: batch.length });
    } catch (error) {
      if (!isAnchorageError(error)) throw error;
      await putOthers(batch, error);
    }
  };

  const putOthers = async (batch: readonly Loaded[], error: AnchorageError): Promise<void> => {
    const reasons = reasonsByIndex(error);
    if (reasons.size > 0) {
      batch.forEach(({ pair }, i) => {
        const reason = reasons.get(i);
        if (reason !== undefined) rejectPair(pair, reason);
      });
      await put(batch.filter((_, i) => !reasons.has(i)));
      return;
    }
    if (error.code !== "too-large") throw error;
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) rejectPair(first.pair, error.message);
    else for (const one of batch) await put([one]);
  };

  const present = replace
    ? new Set<AnchorId>()
    : await target.existing(pairs.map(({ id }) => id as AnchorId));
  if (present.size > 0) onCount({ present: present.size });
  let batch: Loaded[] = [];
  let bytes = 0;
  for (const pair of pairs) {
    if (present.has(pair.id as AnchorId)) continue;
    const image = await load(pair);
    if (typeof image === "string") {
      rejectPair(pair, image);
      continue;
    }
    if (bytes + image.length > MAX_BATCH_BYTES) {
      await put(batch);
      batch = [];
      bytes = 0;
    }
    const { text, metadata } = pair;
    batch.push({ pair, anchor: { id: pair.id as AnchorId, text, image, metadata } });
    bytes += image.length;
  }
  await put(batch);
};

/** The bytes of a pair's image, or why there are none. */
export const load = async (pair: Pair): Promise<Uint8Array | string> => {
  try {
    return await pair.image();
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return messageOf(error);
  }
};

/** What is wrong with which of the anchors that were sent; empty where the error is about none of them. */
const reasonsByIndex = ({ code, faults }: AnchorageError): Map<number, string> => {
  const reasons = new Map<number, string>();
  // Others, such as an encoder that is not installed, would befall every anchor alike.
  if (code !== "invalid-input") return reasons;
  for (const { path, message } of faults) {
    const [matched, index] = FAULT_PATH.exec(path) ?? [];
    if (matched === undefined) continue;
    const field = path.slice(matched.length).split(".", 1)[0] ?? "";
    reasons.set(
      Number(index),
      field === "" || field === "image" ? message : `its ${NAMES[field] ?? field} ${message}`,
    );
  }
  return reasons;
};

/** What users call the fields of an anchor. */
const NAMES: Readonly<Record<string, string>> = { text: "caption" };
