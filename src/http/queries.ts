import { classifySchemas } from "../api/classify-fields.ts";
import type { RelativeRequest } from "../api/queries.ts";
import type { Core } from "../collections/index.ts";
import { invalidField } from "../errors.ts";
import type { CollectionName } from "../types.ts";
import type { Routes } from "./endpoint.ts";
import { addQuery } from "./query.ts";
import {
  relativeAnswer,
  relativeRequest,
  searchAnswer,
  searchRequest,
  similarityAnswer,
  similarityRequest,
} from "../api/queries.ts";

/** Entries of all representations in one answer. */
const MAX_KEPT = 2_000_000;

export const addQueries = (routes: Routes, { collections }: Pick<Core, "collections">): void => {
  const checkKept = async (collection: CollectionName, { inputs, k }: RelativeRequest): Promise<void> => {
    const { asif, anchorCount } = await collections.get(collection);
    const kept = inputs.length * Math.min(k ?? asif.k, anchorCount);
    if (kept > MAX_KEPT) {
      throw invalidField("inputs", `times k would give ${kept} values; at most ${MAX_KEPT} are sent at once`);
    }
  };

  addQuery(routes, {
    name: "search",
    summary: "Find the anchors that are most like a text, an image, a vector or an anchor",
    request: searchRequest,
    answer: searchAnswer,
    run: (collection, request) => collections.search(collection, request),
  });
  addQuery(routes, {
    name: "relative",
    summary:
      "Relative representations: similarities to the nearest anchors, the same space for both modalities",
    request: relativeRequest,
    answer: relativeAnswer,
    run: async (collection, request) => {
      await checkKept(collection, request);
      return collections.relative(collection, request);
    },
  });
  addQuery(routes, {
    name: "similarity",
    summary: "Score images against texts",
    request: similarityRequest,
    answer: similarityAnswer,
    run: (collection, request) => collections.similarity(collection, request),
  });
  addQuery(routes, {
    name: "classify",
    summary: "Classify images without training, and say which anchors decided it",
    conflicts: true,
    ...classifySchemas(collections.hooks.fields),
    run: (collection, request) => collections.classify(collection, request),
  });
};
