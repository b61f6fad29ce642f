import type { Feature } from "../feature.ts";
import { removeLabelVectors } from "./label-vectors.ts";
import { addSelections } from "./routes/selections.ts";
import { addTransferability } from "./routes/transferability.ts";
import { createSelections } from "./selections.ts";

/** Which encoder fits a collection's labels, without training any (EMMS and others). */
export const selectionFeature: Feature = {
  name: "selection",
  open: (core) => {
    const selections = createSelections(core);
    return Promise.resolve({
      routes: (routes) => {
        addTransferability(routes);
        addSelections(routes, selections);
      },
      forget: (collection) => removeLabelVectors(core.store, collection),
    });
  },
};
