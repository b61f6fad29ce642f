import { findCollection } from "../../store/index.ts";
import { openService } from "../../anchorage.ts";
import type { Config } from "../../config.ts";
import { notFound } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { ANCHORS_A_PAGE } from "./page.ts";
import { createTunings } from "../../features/tuning/index.ts";
import { createSelections } from "../../features/selection/index.ts";
import { SELECTING, type Application } from "./types.ts";
import { watchJob } from "./watch-job.ts";

/** Opens DATA_DIR itself; @throws AnchorageError `data-dir-busy` where another process holds it. */
export const inProcess = async (config: Config, log: Log): Promise<Application> => {
  const service = await openService(config, log, { preload: false });
  const { collections, jobs, store } = service.core;
  const tunings = createTunings(service.core);
  const seen = { look: (id: string) => jobs.get(id), cancel: (id: string) => jobs.cancel(id) };
  return {
    ...collections,
    where: config.dataDir,
    encoderHashes: async ({ name }) => {
      const record = await findCollection(store, name);
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
    tune: (name, request, options) =>
      watchJob(
        {
          ...seen,
          start: () => tunings.start(name, request),
          found: () => tunings.get(name),
        },
        { name: "tuning", stopped: "nothing is changed" },
        options,
      ),
    select: (name, { labels, ...request }, options) => {
      const selections = createSelections(service.core);
      return watchJob(
        {
          ...seen,
          start: () => selections.start({ ...request, subject: { collection: name, labels } }),
          found: selections.done,
        },
        SELECTING,
        options,
      );
    },
    close: () => service.close(),
  };
};
