import type { Feature } from "../feature.ts";
import { createAdapters, decodersOf } from "./service/index.ts";
import { trainedOn } from "./table.ts";
import { addAdapterInputs } from "./routes/adapter-inputs.ts";
import { addAdapters } from "./routes/adapters.ts";
import { addGenerate } from "./routes/generate.ts";

/** Language models that see by adapters (eP-ALM). */
export const epalmFeature: Feature = {
  name: "epalm",
  open: (core) => {
    const decoders = decodersOf(core);
    const adapters = createAdapters(core, decoders);
    return Promise.resolve({
      routes: (routes) => {
        addAdapterInputs(routes, adapters);
        addAdapters(routes, adapters);
        addGenerate(routes, adapters);
      },
      retained: ({ queries }, { key }) => trainedOn(queries, key),
      close: () => decoders.close(),
    });
  },
};
