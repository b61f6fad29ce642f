import { join } from "node:path";
import { decodersOf } from "../epalm/service/index.ts";
import type { Feature } from "../feature.ts";
import { createCatalogue } from "./catalogue/index.ts";
import { openClassifiers } from "./classifiers/index.ts";
import { createConsensus } from "./query/index.ts";
import { createRemotes } from "./remote/index.ts";
import { addConsensus } from "./routes.ts";

/** Generators and scorers in a closed loop until they agree (Li et al., arXiv 2210.11522). */
export const consensusFeature: Feature = {
  name: "consensus",
  open: (core, plugs) => {
    const { dataDir, consensusHttpHosts } = core.settings;
    const resources = {
      decoders: decodersOf(core),
      remotes: createRemotes(consensusHttpHosts),
      classifiers: openClassifiers(dataDir === null ? undefined : join(dataDir, "classifiers")),
    };
    return Promise.resolve({
      routes: (routes) => {
        // Every feature is open by now, and has added its own.
        const catalogue = createCatalogue(plugs);
        const operations = createConsensus(core.collections, resources, catalogue);
        addConsensus(routes, operations, catalogue, resources.remotes.hosts);
      },
      close: () => resources.classifiers.close(),
    });
  },
};
