import type { Feature } from "../feature.ts";
import { createProjections } from "./projections.ts";
import { addProjection } from "./routes.ts";
import { removeLayers } from "./table.ts";

/** Maps of collections: every anchor's place in the plane, by PCA and by UMAP. */
export const projectionFeature: Feature = {
  name: "projection",
  open: (core) => {
    const projections = createProjections(core);
    return Promise.resolve({
      routes: (routes) => addProjection(routes, projections),
      forget: projections.forget,
      onMove: removeLayers,
      resume: projections.resume,
    });
  },
};
