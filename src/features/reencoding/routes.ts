import { collectionParams } from "../../api/collections.ts";
import { addJobStart, jsonEndpoint, readPath, type Routes } from "../../http/index.ts";
import { reencodeRequest, reencoding } from "./api.ts";
import type { Reencodings } from "./reencodings.ts";

const tags = ["reencoding"];

export const addReencoding = (routes: Routes, reencodings: Reencodings): void => {
  addJobStart(routes, {
    path: "reencode",
    scope: "admin",
    operationId: "reencode",
    tags,
    summary: "Move a collection to another encoder, in the background, while it is queried and written to",
    description:
      "Vectors are made from what is stored, beside those that there are; both are asked the same held-out questions; " +
      "then the collection moves at one sequence: answers before it are wholly by the old encoders, those from it on " +
      "wholly by the new. What was fitted, calibrated and tuned under the old ones goes, and their vectors are removed; " +
      "the next compaction clears the bytes. New vectors are made of the originals where the " +
      "collection keeps them (`images`), else of thumbnails of at most 160 pixels a side; `thumbnails` counts the latter. " +
      "Images in queries, and in later writes, are encoded as they are sent: an encoder whose vectors of a thumbnail are " +
      "not those of the image (deep layers above all) does worse on these than the evaluation says; write the anchors " +
      "again with their images where that matters. 422 where " +
      "anchors have no image or caption stored, for those that were given as vectors cannot be re-encoded; where it is " +
      "the collection's encoder already; for external encoders. 409 where the collection is being re-encoded. A " +
      "cancelled job leaves the collection as it was and removes what it made.",
    started: "The job; `GET` shows the evaluation, and whether the collection has moved.",
    request: reencodeRequest,
    start: reencodings.start,
  });

  jsonEndpoint(
    routes.app,
    {
      method: "get",
      path: "/v1/collections/{collection}/reencode",
      tags,
      operationId: "getReencoding",
      summary: "See how a collection's last move to other encoders went, or goes",
      request: { params: collectionParams },
      answer: { description: "The last one, with what was measured of both.", schema: reencoding },
      problems: [400, 404, 503],
    },
    (c) => reencodings.get(readPath(c, collectionParams).collection),
  );
};
