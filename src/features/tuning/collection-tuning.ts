import { saveTuning, findTuning } from "./store-table.ts";
import { AnchorageError } from "../../errors.ts";
import type { CollectionRecord, Store } from "../../store/index.ts";
import {
  COPIED_VALUES,
  dealFolds,
  tune,
  TUNING_DEFAULTS,
  type Choice,
  type Tuning,
  valuesEach,
} from "./index.ts";
import type { CollectionDefaults, JsonValue } from "../../types.ts";
import type { OpenCollection } from "../../collections/memory.ts";
import type { TuneRequest, TuningDetail, TuningWork } from "./collection-tuning-types.ts";

export const planTuning = (
  store: Store,
  collection: OpenCollection,
  { apply = false, ...request }: TuneRequest,
): TuningWork => {
  const { record, space, defaults } = collection;
  const view = space.view();
  const current = choiceOf(defaults());
  // Vectors are kept in memory as each transform shows them.
  const isLarge = view.size * valuesEach(view) > COPIED_VALUES;
  const settings = {
    ...TUNING_DEFAULTS,
    ...(isLarge ? { transforms: [current.transform] } : {}),
    ...request,
  };
  const folds = dealFolds(view, settings);
  return async (context) => {
    const tuning = await tune(view, folds, current, settings, context);
    context.signal.throwIfAborted();
    const found = { at: new Date(), appliedAt: null, tuning: tuning as unknown as JsonValue };
    // The evidence first, so that nothing is answered by what has none.
    await saveTuning(store, record, found);
    if (!apply) return { ...tuning, tunedAt: found.at, appliedAt: null };
    const appliedAt = await collection.changeDefaults(defaultsOf(tuning.chosen));
    await saveTuning(store, record, { ...found, appliedAt });
    return { ...tuning, tunedAt: found.at, appliedAt };
  };
};

/** @throws AnchorageError `not-found` where the collection was never tuned. */
export const getTuning = async (store: Store, record: CollectionRecord): Promise<TuningDetail> => {
  const found = await findTuning(store, record);
  if (found === null)
    throw new AnchorageError("not-found", `The collection "${record.name}" has not been tuned yet.`);
  // Nobody else writes that column.
  return { ...(found.tuning as unknown as Tuning), tunedAt: found.at, appliedAt: found.appliedAt };
};

const choiceOf = ({ asif, ...defaults }: CollectionDefaults): Choice => ({ ...asif, ...defaults });

const defaultsOf = ({ k, p, transform, method, rank, ensemble }: Choice): CollectionDefaults => ({
  asif: { k, p },
  transform,
  method,
  rank,
  ensemble,
});
