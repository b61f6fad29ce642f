import type { ClassifyRequest } from "../../api/queries.ts";
import type { Database } from "../../store/index.ts";
import { saveCalibration, listCalibrations, findCalibration } from "./table.ts";
import { LRUCache } from "lru-cache";
import {
  calibrate,
  judge,
  planCalibration,
  rungFor,
  standardOf,
  type Calibration,
  type Judgement,
} from "./index.ts";
import { AnchorageError } from "../../errors.ts";
import type { CalibrationRecord } from "../../store/index.ts";
import type { JsonValue } from "../../types.ts";
import type {
  CalibrateRequest,
  CalibrationDetail,
  CalibrationSettings,
  CalibrationUsed,
  CalibrationWork,
  SureRequest,
} from "./collection-calibration-types.ts";
import { isPlugged, type Method } from "../../api/methods.ts";
import type { MethodSettings } from "../../asif/index.ts";
import { methodOf, plugOf } from "../../collections/method.ts";
import { bitmapOf, settingsOf, type Queried } from "../../collections/question.ts";

const IMAGES = 4_000;
const SEED = 0;
/** Calibrations that are kept in memory, some 100 KB each. */
const CACHED = 50;

type Ranked = readonly { readonly name: string; readonly score: number }[];

/** Tells the classes of one image, best first, with their probabilities and what follows from these. */
export interface Sure {
  readonly judge: (ranked: Ranked) => Judgement;
  readonly used: CalibrationUsed;
}

export interface Calibrations {
  /** @throws AnchorageError `unprocessable` or `invalid-input` where too few anchors can be held out */
  readonly plan: (queried: Queried, request: CalibrateRequest) => CalibrationWork;
  readonly list: (queried: Queried) => Promise<CalibrationDetail[]>;
  /**
   * @returns undefined where the request asks for nothing of the kind
   * @throws AnchorageError `conflict` where nothing was calibrated for its settings
   */
  readonly find: (queried: Queried, request: ClassifyRequest & SureRequest) => Promise<Sure | undefined>;
}

type CalibrationStore = Database;

export const createCalibrations = (store: CalibrationStore): Calibrations => {
  const cache = new LRUCache<string, Calibration>({ max: CACHED });

  return {
    plan: (queried, request) => {
      const { record, view } = queried;
      const settings = readSettings(queried, request);
      const { images = IMAGES, seed = SEED, by, classes } = request;
      const allow = bitmapOf(view, request.filter);
      const plan = planCalibration(
        view,
        { ...settingsOf(record, request), ...scoringOf(settings), ...plugged(queried, settings.method) },
        {
          images,
          seed,
          ...(allow === undefined ? {} : { allow }),
          ...(by === undefined ? {} : { by }),
          ...(classes === undefined ? {} : { classes }),
        },
      );
      return async (context) => {
        const calibration = await calibrate(plan, context);
        context.signal.throwIfAborted();
        const at = new Date();
        await saveCalibration(store, record, {
          subject: subjectOf(settings),
          sequence: calibration.sequence,
          at,
          content: calibration as unknown as JsonValue,
        });
        return detailOf(settings, calibration, at, true);
      };
    },

    list: async ({ record, view }) => {
      const found = await listCalibrations(store, record);
      return found.map(({ subject, at, sequence, content }) =>
        detailOf(
          JSON.parse(subject) as CalibrationSettings,
          contentOf(content),
          at,
          sequence === view.sequence,
        ),
      );
    },

    find: async (queried, request) => {
      const asked = fieldOf(request);
      if (asked === undefined) return undefined;
      const { record, view } = queried;
      const settings = readSettings(queried, request);
      const found = await findCalibration(store, record, subjectOf(settings));
      if (found === null) throw uncalibrated(asked, record.name);
      const key = [record.key, found.subject, found.at.getTime(), found.sequence].join(" ");
      let calibration = cache.get(key);
      if (calibration === undefined) cache.set(key, (calibration = contentOf(found.content)));
      return sureOf(calibration, request, found.sequence === view.sequence);
    },
  };
};

const sureOf = (calibration: Calibration, request: ClassifyRequest & SureRequest, current: boolean): Sure => {
  const { abstain, conformal, classes } = request;
  const rung = rungFor(calibration, classes.length);
  const standard = standardOf(rung, {
    ...(abstain === undefined ? {} : { risk: abstain.risk }),
    ...(conformal === undefined ? {} : { coverage: conformal.coverage }),
  });
  return {
    judge: (ranked) => judge(standard, ranked),
    used: {
      sequence: calibration.sequence,
      current,
      classes: rung.classes,
      extrapolated: classes.length > rung.classes,
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
  request: CalibrateRequest | (ClassifyRequest & SureRequest),
): CalibrationSettings => {
  const { record } = queried;
  const { k, p, transform } = settingsOf(record, request);
  const { method, rank, members } = methodOf(queried, request);
  return {
    method,
    ensemble: request.ensemble ?? record.ensemble,
    k,
    p,
    transform,
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

/** The same text for the same settings, whatever order a filter's keys were written in. */
const subjectOf = (settings: CalibrationSettings): string =>
  JSON.stringify(settings, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** Nobody else writes that column. */
const contentOf = (content: CalibrationRecord["content"]): Calibration => content as unknown as Calibration;

/** The first of the fields that ask for probabilities. */
const fieldOf = ({ probabilities, abstain, conformal }: SureRequest): string | undefined => {
  if (probabilities === true) return "probabilities";
  if (abstain !== undefined) return "abstain";
  return conformal === undefined ? undefined : "conformal";
};

const uncalibrated = (path: string, collection: string): AnchorageError => {
  const message = `needs a calibration for these settings; POST /v1/collections/${collection}/calibrate with the same method, ensemble, k, p, transform and filter makes it`;
  return new AnchorageError("conflict", `${path}: ${message}`, { faults: [{ path, message }] });
};

const detailOf = (
  settings: CalibrationSettings,
  { rungs, ...rest }: Calibration,
  calibratedAt: Date,
  current: boolean,
): CalibrationDetail => ({
  settings,
  ...rest,
  calibratedAt,
  current,
  byClasses: rungs.map(({ classes, softness, temperature, evidence }) => ({
    classes,
    softness,
    temperature,
    ...evidence,
  })),
});
