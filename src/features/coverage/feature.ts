import { addQuery } from "../../http/index.ts";
import type { Feature } from "../feature.ts";
import { coverageAnswer, coverageRequest } from "./api.ts";
import { askCoverage } from "./query.ts";

/** How well a collection's anchors support classes, before anything is classified. */
export const coverageFeature: Feature = {
  name: "coverage",
  open: ({ collections }) =>
    Promise.resolve({
      routes: (routes) =>
        addQuery(routes, {
          name: "coverage",
          summary:
            "Say how well the anchors support each class, which will be confused, and which pairs to add",
          request: coverageRequest,
          answer: coverageAnswer,
          run: async (name, request) =>
            askCoverage(await collections.queried(name, request), request, collections.encoding),
        }),
    }),
};
