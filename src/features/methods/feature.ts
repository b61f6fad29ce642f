import type { Feature } from "../feature.ts";
import { openMethods } from "./open.ts";

/** Custom classification methods: a module beside the service, or an endpoint in any language. */
export const methodsFeature: Feature = {
  name: "methods",
  open: async ({ settings }) => ({ methods: await openMethods(settings.classificationMethods) }),
};
