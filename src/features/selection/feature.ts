import type { Feature } from "../feature.ts";
import { addSelections } from "./routes/selections.ts";
import { removeLabelVectors } from "./store-label-vectors.ts";
import { addTransferability } from "./routes/transferability.ts";

/** Which encoder fits a collection's labels, without training any (EMMS and others). */
export const selection: Feature = {
  name: "selection",
  open: (core) =>
    Promise.resolve({
      routes: (routes) => {
        addTransferability(routes);
        addSelections(routes, core);
      },
      forget: (collection) => removeLabelVectors(core.store, collection),
    }),
};
