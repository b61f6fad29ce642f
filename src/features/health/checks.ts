import type { Job } from "../../api/service.ts";
import type { Core } from "../../collections/index.ts";
import type { JobContext } from "../../collections/jobs/index.ts";
import { imagePath } from "../../collections/queries.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError, isAnchorageError, messageOf } from "../../errors.ts";
import { idsWithImages, type CollectionRecord } from "../../store/index.ts";
import type { CollectionName } from "../../types.ts";
import { CHECK_DEFAULTS, type Check, type CheckRequest, type CheckFinding } from "./api.ts";
import { checkAnchors } from "./check.ts";
import { findCheck, listPending, removePending, saveCheck, savePending } from "./table.ts";

/** Checks of what is wrong with collections' anchors. */
export interface Checks {
  /**
   * Starts a job that checks a collection and keeps what it finds in place of the last result.
   *
   * @throws AnchorageError `not-found` for the collection, `conflict` while it is being checked
   *
   * @example
   * ```ts
   * const { id } = await checks.start(name, { by: "species" });
   * await core.jobs.settled(id);
   * const { problems } = await checks.get(name);
   * ```
   */
  readonly start: (name: CollectionName, request: CheckRequest) => Promise<Job>;
  /** The last result. @throws AnchorageError `not-found` if there is none, or it was erased */
  readonly get: (name: CollectionName) => Promise<Check>;
  /** Starts checks again that a stopped service left. */
  readonly resume: () => Promise<void>;
}

/** The parts of the core that a check needs. */
type CheckCore = Pick<Core, "collections" | "jobs" | "log" | "store">;

export const createChecks = ({ collections, jobs, log, store }: CheckCore): Checks => {
  const plan = async (name: CollectionName, { minSequence, ...request }: CheckRequest) => {
    const at = minSequence === undefined ? {} : { minSequence };
    const { record, view } = await collections.queried(name, at);
    await savePending(store, record, request);
    return async (context: JobContext): Promise<void> => {
      try {
        const content = await checkAnchors(
          view,
          record.ensemble,
          { ...CHECK_DEFAULTS, ...request },
          { signal: context.signal, progress: context.progress },
        );
        context.signal.throwIfAborted();
        await saveCheck(store, record, { at: new Date(), content });
      } catch (error) {
        if (!startsAgain(error, context)) await removePending(store, record).catch(() => undefined);
        throw error;
      }
    };
  };

  const start = createSoleJobs<CheckRequest, CollectionName>(jobs, "check", plan);

  return {
    start,
    get: async (name) => {
      const { record, view } = await collections.queried(name);
      const found = await findCheck(store, record);
      if (found === null)
        throw new AnchorageError("not-found", `There is no result of a check of "${name}"; start one.`);
      const { problems, ...rest } = found.content;
      const listed = problems.flatMap(({ findings }) => findings);
      const withImages = await idsWithImages(store, record, [...new Set(listed.flatMap(anchorsOf))]);
      let gone = 0;
      const shown = problems.map((problem) => ({
        ...problem,
        findings: problem.findings.flatMap((finding) => {
          if (anchorsOf(finding).every((id) => view.slotOf(id) !== undefined))
            return [picture(record, finding, withImages)];
          gone++;
          return [];
        }),
      }));
      return {
        ...rest,
        problems: shown,
        checkedAt: found.at,
        current: rest.sequence === view.sequence,
        gone,
      };
    },
    resume: async () => {
      for (const { name, pending } of await listPending(store)) {
        log.info("checking it again, as the check was interrupted", { collection: name });
        await start(name, pending ?? {}).catch((error: unknown) =>
          log.warn(`it is not checked again: ${messageOf(error)}`, { collection: name }),
        );
      }
    },
  };
};

/** Whether the next start of the service begins the check again: it was stopped, not cancelled. */
const startsAgain = (error: unknown, { signal, cancelled }: JobContext): boolean =>
  !cancelled() && (signal.aborted || (isAnchorageError(error) && error.code === "unavailable"));

const anchorsOf = ({ anchors, beside }: CheckFinding) =>
  [...anchors, ...(beside === null ? [] : [beside])].map(({ anchor }) => anchor);

const picture = (
  { name }: CollectionRecord,
  { anchors, beside, ...rest }: CheckFinding,
  withImages: Awaited<ReturnType<typeof idsWithImages>>,
): Check["problems"][number]["findings"][number] => {
  const withPath = (one: CheckFinding["anchors"][number]) => ({
    ...one,
    image: imagePath(name, one.anchor, withImages),
  });
  return {
    ...rest,
    anchors: anchors.map(withPath),
    beside: beside === null ? null : withPath(beside),
  };
};
