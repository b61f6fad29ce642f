import type { Core } from "../collections/index.ts";
import { answerJson, endpoint, jsonOf, problems, readPath, readQuery, type Routes } from "./endpoint.ts";
import { collectionPath } from "../api/collections.ts";
import { compactQuery, compacted, receipt, receiptPage, receiptPath, receiptQuery } from "../api/receipts.ts";

const tags = ["receipts"];
const path = "/v1/collections/{collection}";

export const addReceipts = ({ app }: Routes, { collections }: Pick<Core, "collections">): void => {
  endpoint(
    app,
    {
      method: "get",
      path: `${path}/receipts`,
      tags,
      operationId: "listReceipts",
      summary: "List the receipts of deletions and erasures",
      request: { params: collectionPath, query: receiptQuery },
      responses: { 200: jsonOf("In the order of their chain.", receiptPage), ...problems(400, 404, 503) },
    },
    async (c) => {
      const { collection } = readPath(c, collectionPath);
      return answerJson(c, await collections.listReceipts(collection, readQuery(c, receiptQuery)));
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path: `${path}/receipts/{id}`,
      tags,
      operationId: "getReceipt",
      summary: "Look at the receipt of a deletion",
      request: { params: receiptPath },
      responses: { 200: jsonOf("The receipt, as it stands now.", receipt), ...problems(400, 404, 503) },
    },
    async (c) => {
      const { collection, id } = readPath(c, receiptPath);
      return answerJson(c, await collections.getReceipt(collection, id));
    },
  );

  endpoint(
    app,
    {
      method: "post",
      path: `${path}/compact`,
      tags,
      operationId: "compact",
      summary: "Erase what was deleted from memory, snapshots and tables",
      description:
        "Memory is copied without what was deleted while queries go on, the snapshot is written anew, older files of " +
        "`build-index` in DATA_DIR are removed, Postgres writes its tables anew, and the deletions' receipts become " +
        "`erased`. Other services on the same Postgres keep what they hold: ask each. Postgres's log (WAL) and backups " +
        "are not touched, and the ids of deleted anchors stay in the list of changes, by which services follow each " +
        "other. 503 where a transaction on the same Postgres may still read what was deleted.",
      request: { params: collectionPath, query: compactQuery },
      responses: { 200: jsonOf("Done.", compacted), ...problems(400, 404, 503) },
    },
    async (c) => {
      const { collection } = readPath(c, collectionPath);
      const { tables } = readQuery(c, compactQuery);
      return answerJson(c, await collections.compact(collection, tables));
    },
  );
};
