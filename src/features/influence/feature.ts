import { addQuery } from "../../http/index.ts";
import type { Feature } from "../feature.ts";
import { influenceAnswer, influenceRequest } from "./api.ts";
import { createInfluences } from "./query.ts";

/** Finds the anchors whose removal, one at a time, changes the most answers. */
export const influenceFeature: Feature = {
  name: "influence",
  open: ({ collections, store }) => {
    const ask = createInfluences(store, collections.encoding);
    return Promise.resolve({
      routes: (routes) =>
        addQuery(routes, {
          name: "influence",
          summary: "Find the anchors that, taken away one at a time, change the most answers",
          request: influenceRequest,
          answer: influenceAnswer,
          run: async (name, request) => ask(await collections.queried(name, request), request),
        }),
    });
  },
};
