import { z } from "@hono/zod-openapi";
import { deleteAnchorsRequest, putAnchors } from "../../api/anchors.ts";
import { explainSetting } from "../../api/explain.ts";
import { classifyRequest, searchRequest } from "../../api/queries.ts";
import { collectionName, optional } from "../../api/values.ts";
import { sureRequest } from "../calibration/index.ts";
import { counterfactualRequest } from "../counterfactual/api.ts";
import { coverageRequest } from "../coverage/index.ts";
import {
  classifiedLines,
  collectionLines,
  counterfactualLines,
  coverageLines,
  explainedLines,
  hitLines,
} from "./lines.ts";
import { defineTool, type Tool } from "./tool.ts";

const inCollection = { collection: collectionName };
const { shape: classifyShape } = z.strictObject(classifyRequest.shape).omit({ explain: true });
const [, explainOptions] = explainSetting.options;
const [deleteByIds] = deleteAnchorsRequest.options;

/** Every tool, in the order in which clients list them. Arguments are those of the HTTP API, with the collection's name. */
export const TOOLS: readonly Tool[] = [
  defineTool({
    name: "list_collections",
    description:
      "Lists the collections with their number of anchors, encoders and settings. Call it first to learn the names.",
    effect: "reads",
    schema: z.strictObject({}),
    ask: async (api, _given, options) => ({ collections: await api.listCollections(options) }),
    lines: ({ collections }) => collectionLines(collections),
  }),
  defineTool({
    name: "search",
    description:
      "Finds the stored image-text pairs (anchors) nearest to a text, an image, a vector or another anchor, or those whose " +
      "caption has certain words. `target` says whether their images or their captions are compared.",
    effect: "reads",
    schema: z.strictObject({ ...inCollection, ...searchRequest.shape }),
    ask: (api, { collection, ...request }, options) => api.collection(collection).search(request, options),
    lines: hitLines,
  }),
  defineTool({
    name: "classify",
    description:
      "Says which of the given classes each image shows, without training: the collection's anchors are the model. An image " +
      "is base64 or the id of a stored anchor.",
    effect: "reads",
    schema: z.strictObject({ ...inCollection, ...classifyShape, ...sureRequest }),
    ask: (api, { collection, ...request }, options) => api.collection(collection).classify(request, options),
    lines: classifiedLines,
  }),
  defineTool({
    name: "explain",
    description:
      "Classifies as `classify` does, and lists the anchors that the score of the first class is made of, compared with the " +
      "runner-up. Use it to say why an image got its class.",
    effect: "reads",
    schema: z.strictObject({
      ...inCollection,
      ...classifyShape,
      explain: optional(
        explainOptions.openapi({
          description: "What is listed; 10 anchors against the runner-up where absent.",
        }),
      ),
    }),
    ask: (api, { collection, explain = { top: 10, against: "runner-up" }, ...request }, options) =>
      api.collection(collection).classify({ ...request, explain }, options),
    lines: explainedLines,
  }),
  defineTool({
    name: "coverage",
    description:
      "Says how well the anchors support each class before anything is classified, which classes will be confused, and which " +
      "pairs to add.",
    effect: "reads",
    schema: z.strictObject({ ...inCollection, ...coverageRequest.shape }),
    ask: (api, { collection, ...request }, options) => api.collection(collection).coverage(request, options),
    lines: coverageLines,
  }),
  defineTool({
    name: "counterfactual",
    description:
      "Classifies images as if some anchors were absent (`without`) or others present (`with`), and says what changes. " +
      "Nothing is written.",
    effect: "reads",
    schema: z.strictObject({ ...inCollection, ...counterfactualRequest.shape }),
    ask: (api, { collection, ...request }, options) =>
      api.collection(collection).counterfactual(request, options),
    lines: counterfactualLines,
  }),
  defineTool({
    name: "add",
    description:
      "Stores anchors: pairs of an image and a caption. An anchor replaces the stored one with the same id. All are stored " +
      "or none.",
    effect: "adds",
    schema: z.strictObject({ ...inCollection, ...putAnchors.shape }),
    ask: (api, { collection, anchors, ...conditions }, options) =>
      api.collection(collection).putAnchors(anchors, { ...conditions, ...options }),
    lines: ({ upserted, sequence }) => [`${upserted} stored at sequence ${sequence}`],
  }),
  defineTool({
    name: "remove",
    description:
      "Removes anchors by their ids at once: no answer uses them any more. This cannot be undone. Their bytes are erased later.",
    effect: "removes",
    schema: z.strictObject({ ...inCollection, ...deleteByIds.shape }),
    ask: (api, { collection, ...which }, options) => api.collection(collection).deleteAnchors(which, options),
    lines: ({ deleted, receipt }) => [
      `${deleted} removed${receipt.id === null ? "" : `; receipt ${receipt.id}`}`,
    ],
  }),
];
