import { addQuery } from "../../http/index.ts";
import type { Feature } from "../feature.ts";
import { counterfactualAnswer, counterfactualRequest } from "./api.ts";
import { createCounterfactuals } from "./query.ts";

/** Answers a classification as an edited collection would. */
export const counterfactualFeature: Feature = {
  name: "counterfactual",
  open: ({ collections, store }) => {
    const ask = createCounterfactuals(store, collections.encoding);
    return Promise.resolve({
      routes: (routes) =>
        addQuery(routes, {
          name: "counterfactual",
          summary: "Classify as if some anchors were not there, or others were; nothing is written",
          request: counterfactualRequest,
          answer: counterfactualAnswer,
          run: async (name, request) => ask(await collections.queried(name, request), request),
        }),
    });
  },
};
