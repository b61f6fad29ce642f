import { LRUCache } from "lru-cache";
import { isPlugged, type Ensemble, type Method } from "../../api/methods.ts";
import type { ClassifyRequest } from "../../api/queries.ts";
import type { Job } from "../../api/service.ts";
import type { MethodSettings } from "../../asif/index.ts";
import type { Core } from "../../collections/index.ts";
import {
  resolveMethod,
  plugOf,
  bitmapOf,
  resolveAsifSettings,
  type Queried,
} from "../../collections/question.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { invalidField, type AnchorageError } from "../../errors.ts";
import type { CollectionName } from "../../types.ts";
import {
  calibrationSettings,
  type CalibrateRequest,
  type CalibrationDetail,
  type CalibrationSettings,
  type CalibrationUsed,
  type SureRequest,
} from "./api.ts";
import { measureCalibration, planCalibration, type CalibrateContext } from "./calibrate.ts";
import { judge, standardOf, type CalibratedClasses } from "./judge.ts";
import { reliability } from "./reliability.ts";
import { rungFor } from "./rungs.ts";
import { findCalibration, listCalibrations, saveCalibration } from "./table.ts";
import type { Calibration } from "./types.ts";

const IMAGES = 4_000;
const SEED = 0;
/** Maximum number of calibrations in memory, about 100 KB each. */
const CACHED = 50;

type Ranked = readonly { readonly name: string; readonly score: number }[];

/** Decides on the answers of one request. */
export interface Sure {
  /** @param ranked every class of the request, best first */
  readonly judge: (ranked: Ranked) => CalibratedClasses;
  readonly used: CalibrationUsed;
}

/** Calibrations of collections, measured on held-out anchors; one for each collection and settings. */
export interface Calibrations {
  /**
   * Starts a job that calibrates a collection for some settings.
   *
   * @throws AnchorageError `unprocessable` or `invalid-input` if too few anchors can be held out; `conflict` if the
   * collection is being calibrated
   *
   * @example
   * ```ts
   * const { id } = await calibrations.start(name, { method: "asif" });
   * await core.jobs.settled(id);
   * const [made] = await calibrations.list(name);
   * ```
   */
  readonly start: (name: CollectionName, request: CalibrateRequest) => Promise<Job>;
  /** Holds out anchors now, and returns a function that measures and stores the result. */
  readonly plan: (
    name: CollectionName,
    request: CalibrateRequest,
  ) => Promise<(context: CalibrateContext) => Promise<void>>;
  /** The latest calibration for each settings. @throws AnchorageError `not-found` */
  readonly list: (name: CollectionName) => Promise<readonly CalibrationDetail[]>;
  /**
   * @returns undefined if the request asks for no probabilities
   * @throws AnchorageError `conflict` if there is no calibration for its settings
   */
  readonly find: (
    queried: Queried,
    request: ClassifyRequest,
    asked: SureRequest,
  ) => Promise<Sure | undefined>;
}

/** The parts of the core that calibration needs. */
type CalibrationCore = Pick<Core, "collections" | "jobs" | "store">;

export const createCalibrations = ({ collections, jobs, store }: CalibrationCore): Calibrations => {
  const cache = new LRUCache<string, Calibration>({ max: CACHED });

  const plan: Calibrations["plan"] = async (name, request) => {
    const queried = await collections.queried(name, request);
    const { record, view } = queried;
    const settings = readSettings(queried, request);
    const { images = IMAGES, seed = SEED, by, classes } = request;
    const allow = await bitmapOf(view, request.filter);
    const planned = planCalibration(
      view,
      {
        ...resolveAsifSettings(queried, request),
        ...scoringOf(settings),
        ...plugged(queried, settings.method),
      },
      {
        images,
        seed,
        ...(allow === undefined ? {} : { allow }),
        ...(by === undefined ? {} : { by }),
        ...(classes === undefined ? {} : { classes }),
      },
    );
    const { k, p } = resolveAsifSettings(queried, request);
    return async (context) => {
      const content = { ...(await measureCalibration(planned, context)), used: { k, p } };
      context.signal.throwIfAborted();
      const subject = subjectOf(settings);
      await saveCalibration(store, record, { subject, sequence: content.sequence, at: new Date(), content });
    };
  };

  return {
    start: createSoleJobs<CalibrateRequest, CollectionName>(jobs, "calibrate", plan),
    plan,

    list: async (name) => {
      const { record, view } = await collections.queried(name);
      const found = await listCalibrations(store, record);
      return found.map(({ subject, at, content }) =>
        detailOf(
          calibrationSettings.parse(JSON.parse(subject)),
          content,
          at,
          content.sequence === view.sequence,
        ),
      );
    },

    find: async (queried, request, asked) => {
      const field = fieldOf(asked);
      if (field === undefined) return undefined;
      const { record, view } = queried;
      const { ensemble, ...rest } = request;
      if (ensemble === "summary")
        throw invalidField(["ensemble"], `is "summary", which no calibration is for`, "unprocessable");
      const settings = readSettings(queried, ensemble === undefined ? rest : { ...rest, ensemble });
      const found = await findCalibration(store, record, subjectOf(settings));
      if (found === null) throw uncalibrated(field, record.name);
      const key = [record.key, found.subject, found.at.getTime(), found.sequence].join(" ");
      const calibration = cache.get(key) ?? found.content;
      cache.set(key, calibration);
      const sure = sureOf(calibration, request.classes.length, asked, found.sequence === view.sequence);
      // Measured on images as the anchors' are, it promises nothing about others.
      if (request.adaptation === undefined) return sure;
      return { ...sure, used: { ...sure.used, extrapolated: true } };
    },
  };
};

const sureOf = (
  calibration: Calibration,
  classes: number,
  { abstain, conformal }: SureRequest,
  current: boolean,
): Sure => {
  const rung = rungFor(calibration, classes);
  const standard = standardOf(rung, {
    ...(abstain === undefined ? {} : { risk: abstain.risk }),
    ...(conformal === undefined ? {} : { coverage: conformal.coverage }),
  });
  return {
    judge: (ranked) => judge(standard, ranked),
    used: {
      sequence: calibration.sequence,
      ...(calibration.used === undefined ? {} : { asif: calibration.used }),
      current,
      classes: rung.classes,
      extrapolated: classes > rung.classes,
      temperature: rung.temperature,
      expectedCalibrationError: rung.evidence.expectedCalibrationError.tested,
      ...(standard.abstain === undefined ? {} : { abstain: standard.abstain }),
      ...(conformal === undefined || standard.atLeast === undefined
        ? {}
        : { conformal: { coverage: conformal.coverage, atLeast: standard.atLeast } }),
    },
  };
};

const readSettings = (
  queried: Queried,
  request: CalibrateRequest | (Omit<ClassifyRequest, "ensemble"> & { readonly ensemble?: Ensemble }),
): CalibrationSettings => {
  const { record } = queried;
  const { negatives } = resolveAsifSettings(queried, request);
  const { method, rank, members } = resolveMethod(queried, request);
  return {
    method,
    ensemble: request.ensemble ?? record.ensemble,
    k: request.k ?? record.asif.k,
    p: request.p ?? record.asif.p,
    // Calibrations from before the option existed keep negative similarities, and their settings lack the field.
    ...(negatives === "cut" ? { negatives } : {}),
    transform: request.transform ?? record.transform,
    rank: rank ?? null,
    members: members ?? null,
    filter: request.filter ?? null,
  };
};

const scoringOf = ({ method, ensemble, rank, members }: CalibrationSettings) => ({
  method,
  ensemble,
  ...(rank === null ? {} : { rank }),
  ...(members === null ? {} : { members }),
});

const plugged = ({ plugs }: Queried, method: Method): Pick<MethodSettings, "plug"> =>
  isPlugged(method) ? { plug: plugOf(plugs, method) } : {};

/** Canonical text of settings, independent of the order of a filter's keys. */
const subjectOf = (settings: CalibrationSettings): string =>
  JSON.stringify(settings, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** The first of the fields that ask for probabilities. */
const fieldOf = ({ probabilities, abstain, conformal }: SureRequest): string | undefined => {
  if (probabilities === true) return "probabilities";
  if (abstain !== undefined) return "abstain";
  return conformal === undefined ? undefined : "conformal";
};

const uncalibrated = (field: string, collection: string): AnchorageError => {
  const message = `needs a calibration for these settings; POST /v1/collections/${collection}/calibrate with the same method, ensemble, k, p, negatives, transform and filter makes it`;
  return invalidField([field], message, "conflict");
};

const detailOf = (
  settings: CalibrationSettings,
  { rungs, ...rest }: Calibration,
  calibratedAt: Date,
  current: boolean,
): CalibrationDetail => ({
  settings: { ...settings, negatives: settings.negatives ?? "keep" },
  ...rest,
  calibratedAt,
  current,
  byClasses: rungs.map(({ classes, softness, temperature, evidence, confidences, correct }) => ({
    classes,
    softness,
    temperature,
    ...evidence,
    reliability: reliability(confidences.map((confidence, i) => ({ confidence, correct: correct[i] === 1 }))),
  })),
});
