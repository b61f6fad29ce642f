import { createTransformMoves, type Core } from "../collections/index.ts";
import { storedBytes } from "../store/index.ts";
import { maySee } from "./access.ts";
import { RECEIPT_HEADER } from "./receipts.ts";
import { readJsonBody } from "./body.ts";
import { endpoint, jsonEndpoint, jsonBody, problems, readPath, readQuery, type Routes } from "./endpoint.ts";
import {
  collection,
  collectionChange,
  collectionList,
  collectionParams,
  collectionQuery,
  collectionSize,
  collectionSpec,
} from "../api/collections.ts";

const tags = ["collections"];

export const addCollections = (
  { app, bodyLimit }: Routes,
  core: Pick<Core, "collections" | "jobs" | "store">,
): void => {
  const { collections, store } = core;
  const moves = createTransformMoves(core);
  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/collections",
      tags,
      operationId: "createCollection",
      summary: "Create a collection",
      request: jsonBody(collectionSpec),
      answer: { description: "The new collection.", schema: collection, status: 201 },
      problems: [400, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const spec = await readJsonBody(c, collectionSpec, bodyLimit);
      const created = await collections.create(spec);
      c.header("Location", `/v1/collections/${created.name}`);
      return created;
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/collections",
      tags,
      everywhere: true,
      operationId: "listCollections",
      summary: "List collections",
      answer: { description: "In name order.", schema: collectionList },
      problems: [503],
    },
    async (c) => {
      const caller = c.get("caller");
      return { collections: (await collections.list()).filter(({ name }) => maySee(caller, name)) };
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/collections/{collection}",
      tags,
      operationId: "getCollection",
      summary: "Look at a collection",
      request: { params: collectionParams, query: collectionQuery },
      answer: { description: "The collection.", schema: collection },
      problems: [400, 404, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      return moves.withMove(await collections.get(collection, readQuery(c, collectionQuery)));
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/collections/{collection}/size",
      tags,
      operationId: "getCollectionSize",
      summary: "See how much memory and disk a collection takes",
      request: { params: collectionParams },
      answer: { description: "Counted now; about 0.1 s for 100,000 anchors.", schema: collectionSize },
      problems: [400, 404, 503],
    },
    async (c) => {
      const { record, view } = await collections.queried(readPath(c, collectionParams).collection);
      const width = view.dimension("image") + view.dimension("text");
      return {
        memory: { vectors: view.slotCount * width * Float32Array.BYTES_PER_ELEMENT },
        disk: await storedBytes(store, record),
      };
    },
  );

  jsonEndpoint(
    app,
    {
      method: "patch",
      path: "/v1/collections/{collection}",
      tags,
      operationId: "updateCollection",
      summary: "Change what a collection's queries are answered by",
      description:
        "A write like any other: it has a sequence of its own, and every service on the same Postgres answers by it from " +
        "that sequence on. Another transform is fitted first, in a job, while the present one serves: where that takes more " +
        "than two seconds, the answer has the settings as they still are, and `move` with the job. 422 where a power or " +
        "a rank is out of bounds; 409 while the collection is being moved.",
      request: { params: collectionParams, ...jsonBody(collectionChange) },
      answer: { description: "The collection as it is now.", schema: collection },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      return moves.update(collection, await readJsonBody(c, collectionChange, bodyLimit));
    },
  );

  endpoint(
    app,
    {
      method: "delete",
      path: "/v1/collections/{collection}",
      tags,
      operationId: "deleteCollection",
      summary: "Delete a collection with all its anchors",
      request: { params: collectionParams },
      responses: {
        204: {
          description: "It is gone. `GET /v1/receipts` has the receipt whose id is in the header.",
          headers: { [RECEIPT_HEADER]: { schema: { type: "string" as const } } },
        },
        ...problems(400, 404, 503),
      },
    },
    async (c) => {
      const receipt = await collections.remove(readPath(c, collectionParams).collection);
      return c.body(null, 204, { [RECEIPT_HEADER]: receipt });
    },
  );
};
