import { findCollection, listJobs } from "../../store/index.ts";
import type { Core } from "../../collections/core.ts";
import type { JobContext } from "../../collections/jobs/index.ts";
import { createProgress } from "../../progress.ts";
import { missingData, SAMPLE_PACKAGE } from "../files/data-packages/index.ts";
import { growSample, SAMPLE_COLLECTION } from "./grow.ts";
import type { PairsCalls } from "./pairs-worker.ts";
import { SAMPLE_VENDORS } from "./vendors.ts";
import type { Log } from "../../types.ts";
import { callInWorker } from "../../worker.ts";

const KIND = "sample";
const JOBS_LOOKED_AT = 10_000;

/**
 * Grows the sample collection in the background, at the first start and at later ones until it is whole.
 *
 * What its owner did stays done: a collection of that name that is not the sample is left alone, and a sample that was
 * deleted, or whose job was cancelled, does not come back.
 */
export const startSample = async (core: Core, log: Log): Promise<void> => {
  const { name } = SAMPLE_COLLECTION;
  const exists = (await findCollection(core.store, name)) !== null;
  const jobs = await listJobs(core.store, JOBS_LOOKED_AT);
  const last = jobs.find((job) => job.kind === KIND && job.subject === name);
  const wasLeft = last?.state === "interrupted" || last?.state === "failed";
  // One that ended before it knew how many anchors there are had made no collection that an owner could have deleted.
  const isFirst = !exists && (last === undefined || (wasLeft && last.total === 0));
  if (!isFirst && !(exists && wasLeft)) return;
  const missing = missingData(SAMPLE_PACKAGE, core.settings.dataDir, "emojibase-data");
  if (missing !== null) log.info(missing);
  else await core.jobs.start(KIND, name, (context) => grow(core, context, isFirst, log));
};

const grow = async (
  { collections, settings }: Core,
  { signal, progress }: JobContext,
  isFirst: boolean,
  log: Log,
): Promise<void> => {
  const { name } = SAMPLE_COLLECTION;
  if (isFirst) await collections.create(SAMPLE_COLLECTION);
  // The drawings of a vendor are a file of up to 25 MB, which takes long to parse.
  const pairs = await callInWorker<PairsCalls, "read">(
    new URL("./pairs-worker.ts", import.meta.url),
    "read",
    {
      vendors: SAMPLE_VENDORS,
      dataDir: settings.dataDir,
    },
  );
  const bar = createProgress(`sample collection "${name}"`, "anchors");
  try {
    const added = await growSample(
      {
        existing: (ids) => collections.existingIds(name, ids),
        put: async (anchors) => {
          await collections.putAnchors(name, anchors);
        },
      },
      pairs,
      signal,
      (done, total) => {
        bar.update(done, total);
        progress(done, total);
      },
    );
    if (!signal.aborted) log.info(`sample collection "${name}" is whole: ${added} anchors added`);
  } finally {
    bar.stop();
  }
};
