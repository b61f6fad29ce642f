import { isPlugged, type Method } from "../../api/methods.ts";
import type { Job } from "../../api/service.ts";
import { dealFolds, type Fold, type MethodSettings } from "../../asif/index.ts";
import type { Core } from "../../collections/index.ts";
import { plugOf, resolveMethod, type Queried } from "../../collections/question.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError } from "../../errors.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { CollectionRecord } from "../../store/index.ts";
import type { CollectionName, Sequence } from "../../types.ts";
import {
  EVALUATION_DEFAULTS,
  type EvaluateRequest,
  type CollectionEvaluation,
  type EvaluationFindings,
} from "./api.ts";
import { classOf, dealImages } from "./deal-images.ts";
import { measureCollection, type MeasuredAnswers } from "./measure-collection.ts";

const FOLDS = 5;

/** How right a collection's answers are, measured on its own anchors; the latest for each collection. */
export interface Evaluations {
  /**
   * Starts a job that holds anchors out and asks for their classes.
   *
   * @throws AnchorageError `not-found` for the collection, `unprocessable` where too little can be held out, `conflict`
   * where it is being evaluated
   *
   * @example
   * ```ts
   * const { id } = await evaluations.start(name, { by: "species", hold: "images" });
   * await core.jobs.settled(id);
   * const { points, confusions } = await evaluations.get(name);
   * ```
   */
  readonly start: (name: CollectionName, request: EvaluateRequest) => Promise<Job>;
  /** The last one since the service started. @throws AnchorageError `not-found` where there is none */
  readonly get: (name: CollectionName) => Promise<CollectionEvaluation>;
  /** Drops what was measured before `sequence`, because it may name classes of anchors that are gone. */
  readonly forget: (collection: CollectionRecord, sequence: Sequence) => Promise<void>;
}

interface Kept {
  readonly at: Date;
  readonly findings: EvaluationFindings;
}

/**
 * Evaluations are kept in memory alone: their classes may be named by captions, which must be in no file when their
 * anchors are erased.
 */
export const createEvaluations = ({ collections, jobs }: Pick<Core, "collections" | "jobs">): Evaluations => {
  const kept = new Map<CollectionRecord["key"], Kept>();
  return {
    start: createSoleJobs<EvaluateRequest, CollectionName>(jobs, "evaluate", async (name, request) => {
      const queried = await collections.queried(name, request);
      const { method, ...plugged } = settingsOf(queried, request);
      const settings = { ...EVALUATION_DEFAULTS, ...request };
      const { record, view } = queried;
      const folds = foldsOf(view, settings);
      return async ({ signal, progress }) => {
        const started = performance.now();
        const { by, hold, seed } = settings;
        const measured = await measureCollection(
          view,
          folds,
          {
            ...{ method, ...plugged, exact: true, asif: record.asif, negatives: record.asif.negatives },
            ...{ transform: record.transform, ensemble: record.ensemble },
          },
          { nameOf: (fold, index) => nameOf(view, by, fold, index), seed, signal, progress },
        );
        const findings = {
          ...{ sequence: view.sequence, anchors: view.size, by: by ?? null, hold, method, seed },
          ...summaryOf(folds),
          ...measured,
          classes: withAnchors(view, by, measured.classes),
          tookMs: Math.round(performance.now() - started),
        };
        kept.set(record.key, { at: new Date(), findings });
      };
    }),

    get: async (name) => {
      const { record, view } = await collections.queried(name);
      const found = kept.get(record.key);
      if (found === undefined)
        throw new AnchorageError(
          "not-found",
          `The collection "${name}" has not been evaluated since the service started.`,
        );
      const { findings, at } = found;
      const current = findings.sequence === view.sequence;
      return { ...(current ? findings : stillNamed(view, findings)), evaluatedAt: at, current };
    },

    forget: ({ key }, sequence) => {
      const found = kept.get(key);
      if (found !== undefined && found.findings.sequence < sequence) kept.delete(key);
      return Promise.resolve();
    },
  };
};

const settingsOf = (
  queried: Queried,
  request: EvaluateRequest,
): Pick<MethodSettings, "plug" | "rank" | "members"> & { readonly method: Method } => {
  const resolved = resolveMethod(queried, request.method === undefined ? {} : { method: request.method });
  const { method } = resolved;
  return isPlugged(method) ? { ...resolved, plug: plugOf(queried.plugs, method) } : resolved;
};

type Settings = Required<Omit<EvaluateRequest, "by" | "method" | "minSequence">> &
  Pick<EvaluateRequest, "by">;

const foldsOf = (view: AnchorView, { by, hold, classes, questions, seed }: Settings): readonly Fold[] =>
  hold === "images" && by !== undefined
    ? dealImages(view, { by, classes, questions, seed })
    : dealFolds(view, {
        ...(by === undefined ? {} : { by }),
        ...{ folds: FOLDS, repeats: 1, seed, classes, questions: Math.ceil(questions / FOLDS) },
      });

const summaryOf = (folds: readonly Fold[]) => {
  const candidates = folds[0]?.sizes.length ?? 0;
  return {
    folds: folds.length,
    questions: folds.reduce((sum, { images }) => sum + images.length, 0),
    candidates,
    chance: { top1: 1 / candidates, top5: Math.min(1, 5 / candidates) },
  };
};

const nameAt = (view: AnchorView, by: string | undefined, slot: number): string | undefined => {
  const { caption, metadata } = view.entry(slot);
  return by === undefined ? (caption ?? undefined) : classOf(metadata, by);
};

/** A class is named by the anchor of its first prompt. */
const nameOf = (view: AnchorView, by: string | undefined, fold: Fold, index: number): string => {
  const first = fold.sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  return nameAt(view, by, fold.prompts[first] ?? 0) ?? "";
};

const namesOf = (view: AnchorView, by: string | undefined): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const slot of view.liveSlots()) {
    const name = nameAt(view, by, slot);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};

const withAnchors = (view: AnchorView, by: string | undefined, classes: MeasuredAnswers["classes"]) => {
  const counts = namesOf(view, by);
  return classes.map((each) => ({ ...each, anchors: counts.get(each.name) ?? 0 }));
};

/** Without the classes that no anchor is of any more: nothing deleted is named. */
const stillNamed = (view: AnchorView, findings: EvaluationFindings): EvaluationFindings => {
  const names = namesOf(view, findings.by ?? undefined);
  return {
    ...findings,
    classes: findings.classes.filter(({ name }) => names.has(name)),
    confusions: findings.confusions.filter(({ truth, answered }) => names.has(truth) && names.has(answered)),
  };
};
