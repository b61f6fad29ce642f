import type { StoredChange } from "../../store/types.ts";
import type { Job } from "../../api/service.ts";
import { dealFolds, defaultMethod, fitsInCopy, parametersFor } from "../../asif/index.ts";
import type { Core, OpenCollection } from "../../collections/index.ts";
import { METHODS } from "../../api/methods.ts";
import { requireMethod } from "../../collections/question.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError } from "../../errors.ts";
import type { CollectionDefaults, CollectionName } from "../../types.ts";
import { TUNING_DEFAULTS, type Choice, type TuneRequest, type Tuning, type TuningFindings } from "./api.ts";
import { findTuning, saveTuning } from "./table.ts";
import type { TuneContext } from "./run.ts";
import { tune } from "./tune.ts";

/** Better settings for collections, found by cross-validation on their own anchors. */
export interface Tunings {
  /**
   * Starts a job that tunes a collection, stores what it finds, and makes queries use it where `apply` says so.
   *
   * @throws AnchorageError `not-found` for the collection, `unprocessable` where it has too few classes, `conflict` where
   * it is being tuned
   *
   * @example
   * ```ts
   * const { id } = await tunings.start(name, { budgetSeconds: 120, apply: true });
   * await core.jobs.settled(id);
   * const { chosen } = await tunings.get(name);
   * ```
   */
  readonly start: (name: CollectionName, request: TuneRequest) => Promise<Job>;
  /** The last one. @throws AnchorageError `not-found` where there is none */
  readonly get: (name: CollectionName) => Promise<Tuning>;
}

/** What tuning needs of the core. */
type TuningCore = Pick<Core, "collections" | "jobs" | "store">;

export const createTunings = (core: TuningCore): Tunings => {
  const { collections, jobs, store } = core;
  return {
    start: createSoleJobs<TuneRequest, CollectionName>(jobs, "tune", async (name, request) =>
      planTuning(core, await collections.find(name, request), request),
    ),
    get: async (name) => {
      const { record } = await collections.find(name);
      const found = await findTuning(store, record);
      if (found === null)
        throw new AnchorageError("not-found", `The collection "${name}" has not been tuned yet.`);
      return { ...found.tuning, tunedAt: found.at, appliedAt: found.appliedAt };
    },
  };
};

/** Deals the collection's anchors as they are now; tunes on them when the returned function is called. */
const planTuning = (
  { store, collections: { hooks } }: TuningCore,
  collection: OpenCollection,
  { apply = false, ...request }: TuneRequest,
): ((context: TuneContext) => Promise<void>) => {
  const { record, space, defaults } = collection;
  const view = space.view();
  const current = presentChoice(defaults(), view.size);
  const settings = {
    ...TUNING_DEFAULTS,
    methods: [...METHODS, ...hooks.methods.keys()],
    // Vectors are kept in memory once for each transform.
    ...(fitsInCopy(view) ? {} : { transforms: [current.transform] }),
    ...request,
  };
  for (const method of settings.methods) requireMethod(hooks.methods, method);
  const folds = dealFolds(view, settings);
  return async (context) => {
    const tuning = await tune(view, folds, current, settings, {
      ...context,
      plugs: hooks.methods,
      negatives: defaults().asif.negatives,
      autoMethod: defaultMethod("auto", record.imageEncoder.external || record.textEncoder.external),
    });
    context.signal.throwIfAborted();
    const found = { at: new Date(), appliedAt: null, tuning };
    // The evidence first, so that no query uses settings without evidence.
    await saveTuning(store, record, found);
    if (!apply) return;
    const appliedAt = await collection.changeDefaults(defaultsOf(tuning));
    await saveTuning(store, record, { ...found, appliedAt });
  };
};

/** What a collection's queries are answered by with so many anchors. */
export const presentChoice = (
  { asif, transform, method, rank, ensemble }: CollectionDefaults,
  anchors: number,
): Choice => ({
  ...asif,
  ...parametersFor(asif, transform, anchors),
  ...{ transform, method, rank, ensemble },
});

const defaultsOf = ({ chosen, auto }: TuningFindings): StoredChange => {
  const { k, p, transform, method, rank, ensemble } = chosen;
  return {
    asif: auto?.kept === true ? { k: "auto", p: "auto" } : { k, p },
    ...{ transform, method, rank, ensemble },
  };
};
