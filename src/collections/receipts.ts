import type { ReceiptDetail, ReceiptPage, ReceiptQuery, ServiceReceiptPage } from "../api/receipts.ts";
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
  listServiceReceipts,
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

/** One page of the chain of deleted collections, from its beginning. */
export const listServiceReceiptPage = async (
  store: Store,
  query: ReceiptQuery,
): Promise<ServiceReceiptPage> => {
  const { after, limit } = positionOf(query);
  const receipts = await listServiceReceipts(store, { after, limit: limit + 1 });
  const page = receipts.slice(0, limit);
  const shown = page.map(({ at, ...rest }) => ({ ...rest, deletedAt: at }));
  return { receipts: shown, nextCursor: cursorAfter(page, receipts.length > limit) };
};

/** One page of the collection's chain, from its beginning. */
export const listReceiptPage = async (
  store: Store,
  record: CollectionRecord,
  query: ReceiptQuery,
): Promise<ReceiptPage> => {
  const { after, limit } = positionOf(query);
  const receipts = await listEntries(store, record, { after, limit: limit + 1 });
  const page = receipts.slice(0, limit);
  return { receipts: page.map(describe), nextCursor: cursorAfter(page, receipts.length > limit) };
};

const positionOf = ({ limit = PAGE_SIZE, cursor }: ReceiptQuery) => {
  if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor))
    throw invalidField(["cursor"], "is not one that a listing gave out");
  return { after: Number(cursor ?? 0), limit };
};

const cursorAfter = (page: readonly { readonly position: number }[], more: boolean): string | null => {
  const last = page.at(-1);
  return more && last !== undefined ? String(last.position) : null;
};

const describe = (receipt: Receipt): ReceiptDetail => {
  const { id, position, sequence, at, count, previousHash, hash, erased } = receipt;
  const { version, key, user, retainedBy, nodes } = receipt;
  const common = {
    ...{ id, position, sequence, count, previousHash, hash },
    ...{ version, key, user, retainedBy, nodes },
  };
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
        fitsFrom: erased?.fitsFrom ?? null,
        salt: Buffer.from(receipt.salt).toString("hex"),
        anchorsHash: hashOfAnchors(receipt.anchors),
      };
};
