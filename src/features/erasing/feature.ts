import type { Feature } from "../feature.ts";
import { createErasures } from "./erasures.ts";
import { addErasing } from "./routes.ts";
import { openSigner } from "./signing.ts";

/** Deletes anchors, erases their bytes, and signs a report of it. */
export const erasingFeature: Feature = {
  name: "erasing",
  open: async (core) => {
    const signer = await openSigner(core.settings.dataDir);
    const erasures = createErasures(core, signer);
    return { routes: (routes) => addErasing(routes, erasures, signer) };
  },
};
