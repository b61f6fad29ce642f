import type { Context } from "hono";
import { collectionParams } from "../../api/collections.ts";
import {
  addJobStart,
  endpoint,
  jsonBody,
  jsonEndpoint,
  problems,
  readJsonBody,
  readPath,
  readQuery,
  type Routes,
} from "../../http/index.ts";
import {
  projectionPlace,
  projectionPlaceRequest,
  projectionQuery,
  projectionRequest,
  projectionValuesQuery,
} from "./api.ts";
import type { Projections } from "./projections.ts";
import { tensorFile, type SentFile } from "./tensor-file.ts";

const tags = ["projection"];
const path = "/v1/collections/{collection}/projection";
const FILE = "application/octet-stream";

const LAYOUT =
  "The answer is a safetensors file: a uint64 with the length of a JSON header, the header, then arrays, little-endian, " +
  "at the offsets that the header names. ";

const fileResponses = (description: string) => ({
  200: { description, content: { [FILE]: { schema: { type: "string" as const, format: "binary" } } } },
  304: { description: "The answer has the ETag that `If-None-Match` names." },
  ...problems(400, 404, 503),
});

export const addProjection = (routes: Routes, projections: Projections): void => {
  addJobStart(routes, {
    path: "projection",
    operationId: "computeProjection",
    tags,
    summary: "Compute a map of a collection's anchors in the plane, in the background",
    description:
      "Places by PCA come first, in seconds; then places by UMAP, from exact neighbours under the collection's transform, " +
      "and how far image and text of each pair agree. Both are seeded and stored with the sequence that they were computed " +
      "at. Beyond 20,000 anchors they are fitted on a sample, and the others, as all that are written later, are placed among " +
      "their neighbours. A map that is there serves until the next is ready. A service that starts again begins what it " +
      "left unfinished anew. 409 where the collection's map is being computed; 422 where it has no anchor.",
    started: "The job; `GET` answers what is ready.",
    request: projectionRequest,
    start: projections.start,
  });

  endpoint(
    routes.app,
    {
      method: "get",
      path,
      tags,
      operationId: "getProjection",
      summary: "The place of every anchor on the map, as a binary file",
      description:
        `${LAYOUT}\`places\`: F32 [n, 2]. \`ids\`: U8, a JSON array of n ids, in id order. The header's \`__metadata__\` has ` +
        "`method`, `side`, the `sequence` of the answer, `computedAt` (the sequence of the job), `at`, `seed`, `fitted` " +
        "(anchors that the method was fitted on), `later` (anchors placed among their neighbours since) and `layers` (all " +
        "that is there, separated by commas). Deleted anchors are not in it from the deletion on.",
      request: { params: collectionParams, query: projectionQuery },
      responses: fileResponses("Every anchor's place."),
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const { layer, layers, queried, tag, read } = await projections.find(
        collection,
        readQuery(c, projectionQuery),
      );
      return answerTagged(c, tag, async () => {
        const { ids, numbers, later } = await read();
        const [method = "", side = ""] = layer.layer.split("/");
        const texts = {
          ...{ method, side, layers: layers.join(",") },
          sequence: String(queried.view.sequence),
          computedAt: String(layer.sequence),
          at: layer.at.toISOString(),
          ...{ seed: String(layer.seed), fitted: String(layer.fitted), later: String(later) },
        };
        return tensorFile(
          texts,
          [
            ["places", numbers],
            ["ids", jsonBytes(ids)],
          ],
          new Map([["places", 2]]),
        );
      });
    },
  );

  endpoint(
    routes.app,
    {
      method: "get",
      path: `${path}/values`,
      tags,
      operationId: "getProjectionValues",
      summary: "A value of every anchor to colour the map by, as a binary file",
      description:
        `${LAYOUT}Rows are all anchors in id order, as in the map of the same \`sequence\`. Of a metadata key \`codes\`: U32 ` +
        "[n], places in `values` (U8, a JSON array, the most frequent first; of a list the first value counts), 4294967295 " +
        "without the key, 4294967294 for objects and for values beyond the first 1,000; `counts`: U32, how many anchors have " +
        "each value; where all values are numbers `numbers`: F32 [n], NaN without the key. Of `agreement` only `numbers`: the " +
        "mean cosine of a caption and the captions of its 14 nearest pictures; NaN for anchors that came later.",
      request: { params: collectionParams, query: projectionValuesQuery },
      responses: fileResponses("Every anchor's value."),
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const { key, of: what = "metadata" } = readQuery(c, projectionValuesQuery);
      if (what === "agreement") {
        const { queried, tag, read } = await projections.findAgreement(collection);
        return answerTagged(c, tag, async () =>
          tensorFile({ of: what, sequence: String(queried.view.sequence) }, [
            ["numbers", (await read()).numbers],
          ]),
        );
      }
      const { codes, values, counts, numbers, sequence } = await projections.values(collection, key ?? "");
      return sendFile(
        c,
        tensorFile({ of: what, key: key ?? "", sequence: String(sequence) }, [
          ["codes", codes],
          ["counts", Uint32Array.from(counts)],
          ...(numbers === null ? [] : [["numbers", numbers] as const]),
          ["values", jsonBytes(values)],
        ]),
      );
    },
  );

  jsonEndpoint(
    routes.app,
    {
      method: "post",
      path: `${path}/place`,
      tags,
      operationId: "placeOnProjection",
      scope: "read",
      summary: "Find where a text or an image would be on the map, and what is near it",
      request: { params: collectionParams, ...jsonBody(projectionPlaceRequest) },
      answer: { description: "Its place and its neighbours.", schema: projectionPlace },
      problems: [400, 404, 413, 415, 422, 503],
    },
    async (c) =>
      projections.place(
        readPath(c, collectionParams).collection,
        await readJsonBody(c, projectionPlaceRequest, routes.bodyLimit),
      ),
  );
};

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** Answers 304 where the caller has the file already, without making it. */
const answerTagged = async (c: Context, tag: string, make: () => Promise<SentFile>): Promise<Response> => {
  const etag = `"${tag}"`;
  const headers = { ETag: etag, "Cache-Control": "private, no-cache" };
  if (c.req.header("if-none-match")?.split(/, */).includes(etag)) return c.body(null, 304, headers);
  return sendFile(c, await make(), headers);
};

const sendFile = (
  c: Context,
  { length, chunks }: SentFile,
  headers: Record<string, string> = {},
): Response => {
  const parts = chunks();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const { done, value } = parts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
  return c.body(body, 200, { ...headers, "Content-Type": FILE, "Content-Length": String(length) });
};
