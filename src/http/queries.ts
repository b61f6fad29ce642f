import { classifySchemas } from "../api/classify-fields.ts";
import { facetsAnswer, facetsRequest } from "../api/facets.ts";
import type { Core } from "../collections/index.ts";
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

export const addQueries = (routes: Routes, { collections }: Pick<Core, "collections">): void => {
  addQuery(routes, {
    name: "search",
    summary: "Find the anchors that are most like a text, an image, a vector or an anchor",
    request: searchRequest,
    answer: searchAnswer,
    run: (collection, request) => collections.search(collection, request),
  });
  addQuery(routes, {
    name: "facets",
    summary: "Count anchors by the values of metadata keys",
    request: facetsRequest,
    answer: facetsAnswer,
    run: (collection, request) => collections.facets(collection, request),
  });
  addQuery(routes, {
    name: "relative",
    summary:
      "Relative representations: similarities to the nearest anchors, the same space for both modalities",
    request: relativeRequest,
    answer: relativeAnswer,
    run: (collection, request) => collections.relative(collection, request),
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
