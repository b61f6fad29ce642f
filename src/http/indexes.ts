import { collectionParams } from "../api/collections.ts";
import { adoptedIndexes } from "../api/indexes.ts";
import type { Core } from "../collections/index.ts";
import { jsonEndpoint, readPath, type Routes } from "./endpoint.ts";

export const addIndexes = ({ app }: Routes, { collections }: Pick<Core, "collections">): void => {
  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/collections/{collection}/indexes",
      tags: ["collections"],
      operationId: "adoptIndexes",
      summary: "Adopt an index that was built offline",
      description:
        "Reads the graphs and fitted transforms that `npm run build-index` put into DATA_DIR, as a start does. Vectors " +
        "that were deleted or replaced since are hidden, later ones are inserted in the background, and from then on the " +
        "planner compares the graph with the exact index at any size. 404 where no index was built; 409 where it does " +
        "not suit the collection: other encoders, another transform, a later sequence, too many changes since; 422 " +
        "where a file is damaged.",
      request: { params: collectionParams },
      answer: { description: "It is in use.", schema: adoptedIndexes },
      problems: [400, 404, 409, 422, 503],
    },
    (c) => collections.adoptIndexes(readPath(c, collectionParams).collection),
  );
};
