import type { Anchorage } from "./anchorage.ts";
import { createProgress } from "./progress.ts";
import { growSample, SAMPLE_COLLECTION } from "./sample/index.ts";
import type { Log } from "./types.ts";

const KIND = "sample";
const JOBS_LOOKED_AT = 1_000;

/**
 * Grows the sample collection in the background until it is whole; an earlier start may have left it half-grown.
 *
 * A collection that was whole once and is gone now was deleted by its owner, and stays deleted.
 */
export const startSample = async ({ collections, jobs, store }: Anchorage, log: Log): Promise<void> => {
  const name = SAMPLE_COLLECTION.name;
  const known = (await store.findCollection(name)) !== null;
  const past = await store.listJobs(JOBS_LOOKED_AT);
  const wasWhole = past.some((job) => job.kind === KIND && job.subject === name && job.state === "done");
  if (wasWhole) return;
  if (!known) await collections.create(SAMPLE_COLLECTION);

  await jobs.start(KIND, name, async ({ signal, progress }) => {
    const bar = createProgress(`sample collection "${name}"`, "anchors");
    try {
      const added = await growSample(
        {
          existing: (ids) => collections.existingIds(name, ids),
          put: async (anchors) => {
            await collections.putAnchors(name, anchors);
          },
        },
        signal,
        (done, total) => {
          bar.update(done, total);
          progress(done, total);
        },
      );
      if (added > 0) log(`sample collection "${name}" is whole: ${added} anchors added`);
    } finally {
      bar.stop();
    }
  });
};
