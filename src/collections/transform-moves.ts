import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { CollectionChange, CollectionInfo, TransformMove } from "../api/collections.ts";
import type { CollectionName } from "../types.ts";
import type { Core } from "./core.ts";
import { describe } from "./describe.ts";
import { createSoleJobs } from "./sole-job.ts";

/** How long a change waits for its job, so that small collections have moved when it is answered. */
const WAIT_MS = 2_000;

/** Changes of collections' settings, those of a transform as jobs. */
export interface TransformMoves {
  /**
   * Changes what queries are answered by. Another transform is fitted in a job first, while the present one serves; where
   * that takes longer than two seconds the answer is the collection as it still is, with the job.
   *
   * @throws AnchorageError what `Collections.update` throws, `conflict` where the collection is being moved
   */
  readonly update: (name: CollectionName, changed: CollectionChange) => Promise<CollectionInfo>;
  /** The collection with the move that is under way, if any. */
  readonly withMove: (info: CollectionInfo) => CollectionInfo;
}

export const createTransformMoves = ({
  collections,
  jobs,
}: Pick<Core, "collections" | "jobs">): TransformMoves => {
  const moving = new Map<CollectionName, TransformMove>();
  const failures = new Map<CollectionName, unknown>();

  const start = createSoleJobs<CollectionChange, CollectionName>(jobs, "transform", async (name, changed) => {
    await collections.checkChange(name, changed);
    return async ({ signal }) => {
      failures.delete(name);
      try {
        await collections.update(name, changed, signal);
      } catch (error) {
        failures.set(name, error);
        throw error;
      }
    };
  });

  const withMove = (info: CollectionInfo): CollectionInfo => {
    const move = moving.get(info.name);
    return move === undefined ? info : { ...info, move };
  };

  return {
    withMove,
    update: async (name, changed) => {
      const { transform } = changed;
      const { space, defaults } = await collections.find(name);
      const isSame = transform === undefined || isDeepStrictEqual(transform, defaults().transform);
      if (isSame || space.view().size === 0) return withMove(await collections.update(name, changed));
      const { id } = await start(name, changed);
      moving.set(name, { transform, job: id });
      const settled = jobs.settled(id).finally(() => moving.delete(name));
      const job = await Promise.race([settled, sleep(WAIT_MS, undefined, { ref: false })]);
      if (job?.state === "failed") throw failures.get(name);
      return withMove(describe(await collections.find(name)));
    },
  };
};
