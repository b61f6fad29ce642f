import { createHash } from "node:crypto";
import pLimit from "p-limit";
import type { Core } from "../collections/index.ts";
import { notFound } from "../errors.ts";
import { receiveAnchorStream } from "./anchor-stream.ts";
import { mediaTypeOf, readJsonBody, requireMediaType } from "./body.ts";
import { endpoint, jsonEndpoint, jsonBody, problems, readPath, readQuery, type Routes } from "./endpoint.ts";
import { anchorIds, anchorsOfSource, existingAnchors, sourceIds } from "../api/anchor-comparison.ts";
import {
  anchor,
  anchorChange,
  anchorPage,
  anchorPath,
  anchorQuery,
  deleteAnchorsRequest,
  deleted,
  deleteQuery,
  imageQuery,
  listQuery,
  putAnchors,
  storedAnchor,
  written,
  writtenLines,
} from "../api/anchors.ts";
import { collectionParams } from "../api/collections.ts";

const tags = ["anchors"];
const path = "/v1/collections/{collection}/anchors";
/** Pages with vectors take tens of megabytes each while they are read from Postgres. */
const longPages = pLimit(2);
const NDJSON = "application/x-ndjson";
/** A browser may render a stored file as an image only: an SVG file could contain scripts. */
const IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

export const addAnchors = (routes: Routes, { collections }: Pick<Core, "collections">): void => {
  const { app, bodyLimit } = routes;

  jsonEndpoint(
    app,
    {
      method: "put",
      path,
      tags,
      scope: "write",
      operationId: "putAnchors",
      summary: "Add or replace anchors",
      description:
        "As JSON all or nothing, up to 10,000. As `application/x-ndjson` one anchor a line, any number, written in " +
        "batches and answered with one line each while the stream comes in. A fault in the first batch has its own " +
        "status; a later one ends the answer with a last line that is a problem and names the line: what was answered " +
        "before it is stored, nothing of its batch is.",
      request: {
        params: collectionParams,
        body: {
          required: true,
          content: { "application/json": { schema: putAnchors }, [NDJSON]: { schema: anchor } },
        },
      },
      answer: {
        description: "Written; it is in the very next answer.",
        schema: written,
        content: { [NDJSON]: { schema: writtenLines } },
      },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      requireMediaType(c, ["application/json", NDJSON]);
      // Before the body is read, so that no one sends a million anchors to a collection that is not there.
      await collections.find(collection);
      if (mediaTypeOf(c.req.header("content-type")) === NDJSON)
        return receiveAnchorStream(c, routes, collections, collection);
      const { anchors, ...conditions } = await readJsonBody(c, putAnchors, bodyLimit);
      const { signal } = c.req.raw;
      return collections.putAnchors(collection, anchors, { ...conditions, signal });
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path,
      tags,
      operationId: "listAnchors",
      summary: "List anchors",
      request: { params: collectionParams, query: listQuery },
      answer: { description: "In id order.", schema: anchorPage },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection } = readPath(c, collectionParams);
      const query = readQuery(c, listQuery);
      const list = () => collections.listAnchors(collection, query);
      return query.vectors === undefined || query.vectors === false ? list() : longPages(list);
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${path}/{id}`,
      tags,
      operationId: "getAnchor",
      summary: "Look at an anchor",
      request: { params: anchorPath, query: anchorQuery },
      answer: { description: "The anchor.", schema: storedAnchor },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection, id } = readPath(c, anchorPath);
      return collections.getAnchor(collection, id, readQuery(c, anchorQuery));
    },
  );

  jsonEndpoint(
    app,
    {
      method: "patch",
      path: `${path}/{id}`,
      tags,
      scope: "write",
      operationId: "changeAnchor",
      summary: "Change an anchor's caption or metadata",
      request: { params: anchorPath, ...jsonBody(anchorChange) },
      answer: { description: "The anchor as it is now.", schema: storedAnchor },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection, id } = readPath(c, anchorPath);
      const change = await readJsonBody(c, anchorChange, bodyLimit);
      return collections.changeAnchor(collection, id, change, c.req.raw.signal);
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path: `${path}/{id}/image`,
      tags,
      operationId: "getAnchorImage",
      summary: "Look at an anchor's image",
      request: { params: anchorPath, query: imageQuery },
      responses: {
        200: {
          description: "The stored thumbnail, or with `size=original` the original where it is kept.",
          content: { "image/*": { schema: { type: "string", format: "binary" } } },
        },
        304: { description: "It is the one of `If-None-Match`." },
        ...problems(400, 404, 503),
      },
    },
    async (c) => {
      const { collection, id } = readPath(c, anchorPath);
      const { size } = readQuery(c, imageQuery);
      const { mediaType, bytes } = await collections.getImage(collection, id, size);
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
      c.header("ETag", etag);
      c.header("Cache-Control", "private, no-cache");
      if (c.req.header("if-none-match")?.split(/, */).includes(etag)) return c.body(null, 304);
      return c.body(new Uint8Array(bytes), 200, {
        "Content-Type": mediaType,
        "Content-Security-Policy": IMAGE_POLICY,
      });
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/exists`,
      tags,
      scope: "read",
      operationId: "existingAnchors",
      summary: "See which ids are stored, or how anchors differ from those stored",
      description:
        "With `ids`, tells which of them are stored. With `anchors`, compares each with the anchor stored under its id " +
        "as well: the caption, the metadata, and the image by the SHA-256 of its file.",
      request: { params: collectionParams, ...jsonBody(anchorIds) },
      answer: { description: "Those of the ids that are stored.", schema: existingAnchors },
      problems: [400, 404, 413, 415, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const request = await readJsonBody(c, anchorIds, bodyLimit);
      if ("ids" in request) {
        const stored = await collections.existingIds(collection, request.ids);
        return { existing: [...new Set(request.ids)].filter((id) => stored.has(id)) };
      }
      const states = await collections.compareAnchors(collection, request.anchors);
      const stored = states.filter(({ state }) => state !== "absent").map(({ id }) => id);
      return { existing: [...new Set(stored)], states };
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/of-source`,
      tags,
      scope: "read",
      operationId: "anchorsOfSource",
      summary: "List the ids of the anchors that come from one source",
      description:
        "Those whose `source.container` is `container`, at most `limit` (1,000) after the id `after`.",
      request: { params: collectionParams, ...jsonBody(anchorsOfSource) },
      answer: { description: "The ids; fewer than `limit` end the list.", schema: sourceIds },
      problems: [400, 404, 413, 415, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      return {
        ids: await collections.idsOfSource(collection, await readJsonBody(c, anchorsOfSource, bodyLimit)),
      };
    },
  );

  jsonEndpoint(
    app,
    {
      method: "delete",
      path: `${path}/{id}`,
      tags,
      scope: "write",
      operationId: "deleteAnchor",
      summary: "Delete an anchor",
      request: { params: anchorPath, query: deleteQuery },
      answer: { description: "Unfindable from now on.", schema: deleted },
      problems: [400, 404, 503],
    },
    async (c) => {
      const { collection, id } = readPath(c, anchorPath);
      const { neverAgain = false } = readQuery(c, deleteQuery);
      const result = await collections.deleteAnchors(collection, { ids: [id], neverAgain }, c.req.raw.signal);
      if (result.deleted === 0) throw notFound("anchor", id);
      return result;
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/delete`,
      tags,
      scope: "write",
      operationId: "deleteAnchors",
      summary: "Delete anchors by ids or by a filter",
      request: { params: collectionParams, ...jsonBody(deleteAnchorsRequest) },
      answer: { description: "Those of them that were there are unfindable from now on.", schema: deleted },
      problems: [400, 404, 409, 413, 415, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const which = await readJsonBody(c, deleteAnchorsRequest, bodyLimit);
      return collections.deleteAnchors(collection, which, c.req.raw.signal);
    },
  );
};
