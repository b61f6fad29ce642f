import type { Feature } from "../feature.ts";
import { createAdaptations } from "./adaptations.ts";
import { addAdaptations } from "./routes.ts";
import { eraseAdaptations, removeAllAdaptations } from "./table.ts";

/** StyleAlignment of images in another style with the anchors, without labels. */
export const adaptationsFeature: Feature = {
  name: "adaptations",
  open: (core) => {
    const adaptations = createAdaptations(core);
    return Promise.resolve({
      routes: (routes) => addAdaptations(routes, adaptations),
      adaptImages: adaptations.adaptImages,
      forget: (collection, sequence) => eraseAdaptations(core.store, collection, sequence),
      onMove: removeAllAdaptations,
    });
  },
};
