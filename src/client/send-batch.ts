import { isAnchorageError, type AnchorageError } from "../errors.ts";

/** Bytes of images in one request: a service's BODY_LIMIT_MIB is 64 by default, and base64 adds a third. */
export const MAX_BATCH_BYTES = 24 * 1024 * 1024;

/** The result of one item, or the reason why it was rejected. */
type Outcome<R> = { readonly result: R } | { readonly reason: string };

/**
 * Sends items as one request. If some of them are rejected, the others are sent again; if together they are too large
 * for one request, each is sent by itself.
 *
 * @param list the name of the list in the request, such as `anchors`; fault paths start with it and an index
 * @param send gives one result for each item, in order
 * @returns of each item, in order
 * @throws what `send` throws about anything but the items
 */
export const sendBatch = async <T, R>(
  items: readonly T[],
  list: "anchors" | "images",
  send: (items: readonly T[]) => Promise<readonly R[]>,
): Promise<Outcome<R>[]> => {
  if (items.length === 0) return [];
  try {
    return (await send(items)).map((result) => ({ result }));
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    const reasons = reasonsByIndex(error, list, items.length);
    if (reasons.size > 0) {
      const others = items.filter((_, i) => !reasons.has(i));
      const outcomes = await sendBatch(others, list, send);
      return items.flatMap((_, i) => {
        const reason = reasons.get(i);
        return reason === undefined ? outcomes.splice(0, 1) : [{ reason }];
      });
    }
    if (error.code !== "too-large") throw error;
    if (items.length === 1) return [{ reason: error.message }];
    const outcomes: Outcome<R>[] = [];
    for (const item of items) outcomes.push(...(await sendBatch([item], list, send)));
    return outcomes;
  }
};

/** The faults by item; empty if the error is not about items. */
const reasonsByIndex = (
  { code, faults }: AnchorageError,
  list: string,
  count: number,
): Map<number, string> => {
  const reasons = new Map<number, string>();
  // Other errors, such as a missing encoder, would affect every item alike.
  if (code !== "invalid-input") return reasons;
  for (const { path, message } of faults) {
    const [name, index, field = "image"] = path;
    if (name !== list || typeof index !== "number" || index >= count) continue;
    reasons.set(index, field === "image" ? message : `its ${NAMES[field] ?? field} ${message}`);
  }
  return reasons;
};

/** The names of an anchor's fields as users know them. */
const NAMES: Readonly<Record<string, string>> = { text: "caption" };
