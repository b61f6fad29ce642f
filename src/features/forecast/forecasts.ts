import { isPlugged, type Method } from "../../api/methods.ts";
import type { Job } from "../../api/service.ts";
import { dealFolds, type MethodSettings } from "../../asif/index.ts";
import type { Core } from "../../collections/index.ts";
import type { JobContext } from "../../collections/jobs/index.ts";
import { plugOf, resolveMethod, type Queried } from "../../collections/question.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError, invalidField, isAnchorageError, messageOf } from "../../errors.ts";
import type { CollectionName } from "../../types.ts";
import { adviseGrowth } from "./advice.ts";
import {
  FORECAST_DEFAULTS,
  FORECAST_TOPS,
  type ForecastDetail,
  type ForecastFindings,
  type ForecastRequest,
} from "./api.ts";
import { anchorsFor, forecastGrowth } from "./growth.ts";
import { classErrorsOf, measureSteps, type StepRanks } from "./measure.ts";
import { sizesUpTo } from "./sizes.ts";
import {
  findForecast,
  listPendingForecasts,
  removePendingForecast,
  saveForecast,
  savePendingForecast,
  saveStep,
} from "./table.ts";

const FOLDS = 5;
/** With fewer questions intervals are told to be wide. */
const FEW_QUESTIONS = 100;

/** Forecasts of what more anchors would bring; the latest for each collection. */
export interface Forecasts {
  /**
   * Starts a job that measures errors by ever more anchors and forecasts them.
   *
   * @throws AnchorageError `not-found` for the collection, `unprocessable` where it has too few classes or anchors or the
   * target is outside (0, 1), `conflict` where a forecast is being made
   *
   * @example
   * ```ts
   * const forecasts = createForecasts(core);
   * const { id } = await forecasts.start(name, { target: 0.3 });
   * await core.jobs.settled(id);
   * const { growths, advice } = await forecasts.get(name);
   * ```
   */
  readonly start: (name: CollectionName, request: ForecastRequest) => Promise<Job>;
  /** The last one. @throws AnchorageError `not-found` where there is none, or it was removed */
  readonly get: (name: CollectionName) => Promise<ForecastDetail>;
  /** Goes on with forecasts that a stopped service left. */
  readonly resume: () => Promise<void>;
}

/** The parts of the core that forecasts need. */
type ForecastCore = Pick<Core, "collections" | "jobs" | "log" | "store">;

export const createForecasts = ({ collections, jobs, log, store }: ForecastCore): Forecasts => {
  const plan = async (name: CollectionName, { minSequence, ...request }: ForecastRequest) => {
    const queried = await collections.queried(name, minSequence === undefined ? {} : { minSequence });
    const { record, view } = queried;
    const { target } = request;
    if (target !== undefined && !(target > 0 && target < 1))
      throw invalidField(["target"], "must be above 0 and below 1: it is an error", "unprocessable");
    const measure = planMeasure(queried, request);
    const known = await savePendingForecast(store, record, request, view.sequence);
    return async (context: JobContext): Promise<void> => {
      try {
        const content = await measure(context, known, (step, ranks) =>
          saveStep(store, record, view.sequence, step, ranks),
        );
        context.signal.throwIfAborted();
        await saveForecast(store, record, { at: new Date(), content });
      } catch (error) {
        if (!goesOn(error, context)) await removePendingForecast(store, record).catch(() => undefined);
        throw error;
      }
    };
  };
  const start = createSoleJobs<ForecastRequest, CollectionName>(jobs, "forecast", plan);

  return {
    start,
    get: async (name) => {
      const { record, view } = await collections.queried(name);
      const found = await findForecast(store, record);
      if (found === null)
        throw new AnchorageError("not-found", `There is no forecast of "${name}"; start one.`);
      const { content, at } = found;
      return { ...content, forecastAt: at, current: content.sequence === view.sequence };
    },
    resume: async () => {
      for (const { name, pending } of await listPendingForecasts(store)) {
        log.info("going on with its forecast, which was interrupted", { collection: name });
        await start(name, pending ?? {}).catch((error: unknown) =>
          log.warn(`its forecast does not go on: ${messageOf(error)}`, { collection: name }),
        );
      }
    },
  };
};

/** Whether the next start of the service goes on with it: it was stopped, not cancelled. */
const goesOn = (error: unknown, { signal, cancelled }: JobContext): boolean =>
  !cancelled() && (signal.aborted || (isAnchorageError(error) && error.code === "unavailable"));

type Measure = (
  context: Pick<JobContext, "signal" | "progress">,
  known: StepRanks,
  keep: (step: string, ranks: readonly number[]) => Promise<void>,
) => Promise<ForecastFindings>;

/** Deals the folds now, so that a collection with too few classes or anchors is refused at once. */
const planMeasure = (queried: Queried, request: Omit<ForecastRequest, "minSequence">): Measure => {
  const { record, view } = queried;
  const { by, target, top, classes, questions, draws, seed } = { ...FORECAST_DEFAULTS, ...request };
  const folds = dealFolds(view, {
    ...(by === undefined ? {} : { by }),
    ...{ folds: FOLDS, repeats: 1, seed, classes, questions },
  });
  const sizes = sizesUpTo(Math.min(...folds.map(({ memory }) => memory.length)));
  const { method, ...plugged } = methodOf(queried);
  const { asif, transform, ensemble } = record;
  return async ({ signal, progress }, known, keep) => {
    const started = performance.now();
    const scoring = {
      ...{ method, ...plugged, exact: true, asif, negatives: asif.negatives, transform, ensemble },
    };
    const ranks = await measureSteps(view, folds, sizes, draws, seed, scoring, {
      ...{ signal, progress, known, keep },
    });
    const growths = FORECAST_TOPS.map((one) => ({
      top: one,
      ...forecastGrowth(sizes, classErrorsOf(folds, sizes, draws, ranks, one), seed),
    }));
    const wanted = growths.find((growth) => growth.top === top);
    if (wanted === undefined) throw new RangeError(`top ${top} was not measured`);
    const asked = folds.reduce((sum, { images }) => sum + images.length, 0);
    const [twice] = wanted.forecasts;
    const moreAnchors = wanted.constant || twice === undefined ? null : twice.gain;
    return {
      sequence: view.sequence,
      anchors: view.size,
      by: by ?? null,
      settings: { method, ...asif, transform, ensemble },
      seed,
      folds: folds.length,
      classes: folds[0]?.sizes.length ?? 0,
      questions: asked,
      growths,
      target: target === undefined ? null : { top, error: target, ...anchorsFor(wanted, target) },
      advice: { top, ...adviseGrowth({ moreAnchors, otherEncoder: null }) },
      notes: asked < FEW_QUESTIONS ? [`only ${asked} questions: the intervals are wide`] : [],
      tookMs: Math.round(performance.now() - started),
    };
  };
};

const methodOf = (
  queried: Queried,
): Pick<MethodSettings, "plug" | "rank" | "members"> & { readonly method: Method } => {
  const resolved = resolveMethod(queried, {});
  const { method } = resolved;
  return isPlugged(method) ? { ...resolved, plug: plugOf(queried.plugs, method) } : resolved;
};
