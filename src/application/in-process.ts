import { openAnchorage } from "../anchorage.ts";
import type { Config } from "../config.ts";
import type { TuneRequest } from "../collections/index.ts";
import { notFound } from "../errors.ts";
import { createSoleJobs } from "../sole-job.ts";
import type { Log } from "../types.ts";
import { ANCHORS_A_PAGE } from "./page.ts";
import { tuneBy } from "./tune.ts";
import type { Application } from "./types.ts";

/** Opens DATA_DIR itself; @throws AnchorageError `data-dir-busy` where another process holds it. */
export const inProcess = async (config: Config, log: Log): Promise<Application> => {
  const anchorage = await openAnchorage(config, log, { preload: false });
  const { collections } = anchorage;
  return {
    ...collections,
    where: config.dataDir,
    encoderHashes: async ({ name }) => {
      const record = await anchorage.store.findCollection(name);
      if (record === null) throw notFound("collection", name);
      return { image: record.imageEncoder.sha256, text: record.textEncoder.sha256 };
    },
    anchorsWithVectors: async function* (name) {
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await collections.listAnchors(name, {
          limit: ANCHORS_A_PAGE,
          vectors: true,
          ...(cursor === undefined ? {} : { cursor }),
        });
        yield* page.anchors;
        cursor = page.nextCursor;
      }
    },
    tune: (name, request, options) => {
      const { jobs } = anchorage;
      const start = createSoleJobs<TuneRequest>(jobs, "tune", () => collections.planTuning(name, request));
      return tuneBy(
        {
          start: (request) => start(name, request),
          look: (id) => jobs.get(id),
          cancel: (id) => jobs.cancel(id),
          found: () => collections.getTuning(name),
        },
        request,
        options,
      );
    },
    close: () => anchorage.close(),
  };
};
