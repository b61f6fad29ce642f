import type { ReceiptDetail, ReceiptPage, ReceiptQuery } from "../api/receipts.ts";
import { PAGE_SIZE } from "../api/values.ts";
import { invalidField, notFound } from "../errors.ts";
import {
  hashOfAnchors,
  splitAnchors,
  type CollectionRecord,
  type Receipt,
  type Store,
  findReceipt,
  listReceipts as listEntries,
} from "../store/index.ts";

/** @throws AnchorageError `not-found` */
export const getReceipt = async (
  store: Store,
  record: CollectionRecord,
  id: string,
): Promise<ReceiptDetail> => {
  const receipt = await findReceipt(store, record, id);
  if (receipt === null) throw notFound("receipt", id);
  const shown = describe(receipt);
  if (shown.kind === "erasure") return shown;
  const anchors = splitAnchors(receipt.anchors).map((hashes) => ({
    id: hashes.id.toString("hex"),
    content: hashes.content.toString("hex"),
  }));
  return { ...shown, anchors };
};

/** One page of the collection's chain, from its beginning. */
export const listReceiptPage = async (
  store: Store,
  record: CollectionRecord,
  { limit = PAGE_SIZE, cursor }: ReceiptQuery,
): Promise<ReceiptPage> => {
  if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor))
    throw invalidField(["cursor"], "is not one that a listing gave out");
  const receipts = await listEntries(store, record, { after: Number(cursor ?? 0), limit: limit + 1 });
  const page = receipts.slice(0, limit);
  const last = page.at(-1);
  return {
    receipts: page.map(describe),
    nextCursor: receipts.length > limit && last !== undefined ? String(last.position) : null,
  };
};

const describe = (receipt: Receipt): ReceiptDetail => {
  const { id, position, sequence, at, count, previousHash, hash, erased } = receipt;
  const common = { id, position, sequence, count, previousHash, hash };
  return receipt.kind === "erasure"
    ? {
        ...common,
        kind: "erasure",
        erasedAt: at,
        installation: receipt.installation ?? "",
        generation: receipt.generation ?? 0,
      }
    : {
        ...common,
        kind: "deletion",
        state: erased === null ? "hidden" : "erased",
        deletedAt: at,
        erasedAt: erased?.at ?? null,
        generation: erased?.generation ?? null,
        salt: Buffer.from(receipt.salt).toString("hex"),
        anchorsHash: hashOfAnchors(receipt.anchors),
      };
};
