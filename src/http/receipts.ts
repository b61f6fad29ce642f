import { listServiceReceiptPage, type Core } from "../collections/index.ts";
import { jsonEndpoint, readPath, readQuery, type Routes } from "./endpoint.ts";
import { collectionParams } from "../api/collections.ts";
import {
  compactQuery,
  compacted,
  receipt,
  receiptPage,
  receiptPath,
  receiptQuery,
  serviceReceiptPage,
} from "../api/receipts.ts";

const tags = ["receipts"];
/** The header of a deleted collection's receipt. */
export const RECEIPT_HEADER = "Anchorage-Receipt";
const path = "/v1/collections/{collection}";

export const addReceipts = (
  { app }: Routes,
  { collections, store }: Pick<Core, "collections" | "store">,
): void => {
  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/receipts",
      tags,
      operationId: "listServiceReceipts",
      summary: "List the receipts of deleted collections",
      request: { query: receiptQuery },
      answer: { description: "In the order of their chain.", schema: serviceReceiptPage },
      problems: [400, 503],
    },
    (c) => listServiceReceiptPage(store, readQuery(c, receiptQuery)),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${path}/receipts`,
      tags,
      operationId: "listReceipts",
      summary: "List the receipts of deletions and erasures",
      request: { params: collectionParams, query: receiptQuery },
      answer: { description: "In the order of their chain.", schema: receiptPage },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection } = readPath(c, collectionParams);
      return collections.listReceipts(collection, readQuery(c, receiptQuery));
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${path}/receipts/{id}`,
      tags,
      operationId: "getReceipt",
      summary: "Look at the receipt of a deletion",
      request: { params: receiptPath },
      answer: { description: "The receipt, as it stands now.", schema: receipt },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection, id } = readPath(c, receiptPath);
      return collections.getReceipt(collection, id);
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/compact`,
      tags,
      operationId: "compact",
      summary: "Erase what was deleted from memory, snapshots and tables",
      description:
        "Memory is copied without what was deleted while queries go on, the snapshot is written anew, files of " +
        "`build-index` in DATA_DIR that hold what was deleted are removed, Postgres writes its tables anew, and the deletions' receipts become " +
        "`erased`. Other services on the same Postgres keep what they hold: ask each. Backups are not touched, " +
        "nor is the write-ahead log of a Postgres that is not embedded; ids of deleted anchors stay for a day in the list " +
        "of changes, by which services follow each other. 503 where a transaction on the same Postgres may still read what was deleted.",
      request: { params: collectionParams, query: compactQuery },
      answer: { description: "Done.", schema: compacted },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection } = readPath(c, collectionParams);
      const { tables } = readQuery(c, compactQuery);
      return collections.compact(collection, tables);
    },
  );
};
