import { z } from "@hono/zod-openapi";
import { filter } from "../../api/filter.ts";
import { ensemble, MEMBERS, method, scoring } from "../../api/methods.ts";
import { namedTransform, transform } from "../../api/transforms.ts";
import { asifSetting, asifUsed, k, negatives, p } from "../../api/asif.ts";
import { instant, minSequence, optional, sequence, text } from "../../api/values.ts";

const MAX_CLASSES = 10_000;
const MAX_IMAGES = 100_000;

const share = z.number().gt(0).lt(1);

/** Request fields about the certainty of answers. */
export const sureRequest = {
  probabilities: optional(
    z.boolean().openapi({
      description:
        "Adds each class's probability, from a calibration for the same settings (`POST .../calibrate`); 409 where there " +
        "is none. It supposes that one of the request's classes is the true one.",
    }),
  ),
  abstain: optional(
    z.strictObject({ risk: share.openapi({ example: 0.1 }) }).openapi({
      description:
        "Adds `abstained`: true where the first class is less sure than what kept the share of wrong answers at `risk` on " +
        "held-out anchors. Needs a calibration.",
    }),
  ),
  conformal: optional(
    z.strictObject({ coverage: share.openapi({ example: 0.9 }) }).openapi({
      description:
        "Adds `set`: classes among which the true one is with this probability, over images and classes such as those " +
        "held out (split conformal prediction). Needs a calibration.",
    }),
  ),
};

const asked = z.object(sureRequest);
/** What a request asks of how sure its answers are. */
export type SureRequest = z.output<typeof asked>;

/** The fields of {@link sureRequest} in a request that was validated as a whole. */
export const readSure = (request: object): SureRequest => asked.parse(request);

export const asksSure = ({ probabilities, abstain, conformal }: SureRequest): boolean =>
  probabilities === true || abstain !== undefined || conformal !== undefined;

const point = z.strictObject({
  threshold: z.number().openapi({ description: "Answered is what has at least this probability." }),
  coverage: z.number().openapi({ description: "The share that is answered." }),
  risk: z.number().openapi({ description: "The share of the answered that is wrong." }),
});

/** Coverage and risk if only answers of at least this confidence are given. */
export type RiskPoint = z.output<typeof point>;

const calibrationUsed = z
  .strictObject({
    sequence: sequence.openapi({ description: "Of the anchors that it was measured on." }),
    asif: optional(
      asifUsed.openapi({
        description: "The k and p that it was made with; absent in what older versions made.",
      }),
    ),
    current: z.boolean().openapi({ description: "Whether nothing was written to the collection since." }),
    classes: z.int().openapi({
      description: "The number of classes that it was measured for: the request's, or the next larger one.",
    }),
    extrapolated: z.boolean().openapi({
      description:
        "True where the request has more classes than were measured, or an adaptation: then nothing is promised.",
    }),
    temperature: z.number(),
    expectedCalibrationError: z.number().openapi({
      description: "On held-out anchors that the temperature was not fitted on, 15 bins.",
    }),
    abstain: optional(
      point.nullable().openapi({
        description: "What came of it on held-out anchors; null where nothing is sure enough.",
      }),
    ),
    conformal: optional(
      z.strictObject({
        coverage: z.number(),
        atLeast: z.number().openapi({ description: "The lowest probability in a set." }),
      }),
    ),
  })
  .openapi("CalibrationUsed");

/** The calibration behind an answer's probabilities. */
export type CalibrationUsed = z.output<typeof calibrationUsed>;

/** Fields of each class of a result. */
export const sureRanked = {
  probability: optional(z.number().openapi({ description: "Where it was asked for." })),
};
/** Fields of each result. */
export const sureResult = {
  abstained: optional(z.boolean().openapi({ description: "Where `abstain` was asked for." })),
  set: optional(
    z
      .array(z.strictObject({ name: z.string(), probability: z.number() }))
      .readonly()
      .openapi({ description: "Where `conformal` was asked for: likeliest first, at least one." }),
  ),
};
/** Fields of the answer. */
export const sureAnswer = { calibration: optional(calibrationUsed) };

export const calibrateRequest = z
  .strictObject({
    ...scoring,
    ensemble: optional(ensemble),
    k: optional(k),
    p: optional(p),
    negatives: optional(negatives),
    transform: optional(namedTransform),
    minSequence: optional(minSequence),
    filter: optional(filter.openapi({ description: "Restricts the anchors that take part." })),
    by: optional(
      text.openapi({
        description:
          "The metadata field whose values are the classes; absent: anchors of one caption are one class.",
        example: "species",
      }),
    ),
    classes: optional(
      z
        .int()
        .min(2)
        .max(MAX_CLASSES)
        .openapi({
          description:
            "A number of classes to measure beside 2, 3, 4, 6, 8, 11 and so on, by factors of the square root of 2, up to " +
            "a fifth of the collection's (half of them where this asks for more).",
          example: 37,
        }),
    ),
    images: optional(
      z
        .int()
        .min(100)
        .max(MAX_IMAGES)
        .openapi({ default: 4_000, description: "How many held-out images are classified at most." }),
    ),
    seed: optional(z.int().min(0).max(0xffffffff).openapi({ default: 0 })),
  })
  .openapi("CalibrateRequest", {
    description:
      "What is not given is the collection's own. A calibration is for one method, ensemble, k, p, negatives, transform and filter.",
    example: { method: "asif", classes: 37 },
  });

export type CalibrateRequest = z.output<typeof calibrateRequest>;

const reliabilityBin = z.strictObject({
  from: z.number(),
  to: z.number(),
  images: z.int(),
  confidence: z.number().openapi({ description: "Mean probability of their first class." }),
  accuracy: z.number().openapi({ description: "The share whose first class is the true one." }),
  low: z.number().openapi({ description: "The 95 % interval of the accuracy, by Wilson." }),
  high: z.number(),
});
/** The answers whose first class has a probability from `from` to `to`. */
export type ReliabilityBin = z.output<typeof reliabilityBin>;

const evidence = z
  .strictObject({
    classes: z.int(),
    softness: z
      .number()
      .nullable()
      .openapi({
        description:
          "What is divided by the temperature: the scores s where it is null, else sign(s) log(1 + |s| / softness); the " +
          "likeliest of some.",
      }),
    temperature: z.number(),
    fittedImages: z.int().openapi({ description: "Held-out images that the temperature was fitted on." }),
    testedImages: z.int().openapi({ description: "Others, which everything else is told of." }),
    accuracy: z.number(),
    meanConfidence: z.number().openapi({ description: "Mean probability of the first class." }),
    expectedCalibrationError: z.strictObject({ fitted: z.number(), tested: z.number() }),
    negativeLogLikelihood: z.strictObject({ fitted: z.number(), tested: z.number() }),
    riskCoverage: z.array(point).readonly(),
    reliability: z.array(reliabilityBin).readonly().openapi({
      description:
        "Tested images by the probability of their first class, in bins of a tenth that are not empty.",
    }),
    abstain: z
      .array(
        z.strictObject({
          risk: z.number(),
          coverage: z.number(),
          measuredRisk: z.number().nullable(),
        }),
      )
      .readonly()
      .openapi({ description: "Each half of the tested images by the threshold of the other." }),
    conformal: z
      .array(z.strictObject({ coverage: z.number(), measuredCoverage: z.number(), meanSize: z.number() }))
      .readonly()
      .openapi({ description: "Each half of the tested images by the threshold of the other." }),
  })
  .openapi("CalibrationEvidence");

/** Measurements for one number of classes: on the images that the temperature was fitted on, and on others. */
export type CalibrationEvidence = Omit<
  z.output<typeof evidence>,
  "classes" | "softness" | "temperature" | "reliability"
>;

/**
 * Settings that probabilities depend on besides the anchors. A `rank` or `members` of null stands for the method's
 * default.
 */
export const calibrationSettings = z.strictObject({
  method,
  ensemble,
  ...asifSetting.shape,
  negatives: optional(negatives),
  transform,
  rank: z.int().nullable(),
  members: z.array(z.enum(MEMBERS)).readonly().nullable(),
  filter: filter.nullable(),
});
export type CalibrationSettings = z.output<typeof calibrationSettings>;

const calibration = z
  .strictObject({
    settings: calibrationSettings,
    calibratedAt: instant,
    sequence,
    used: optional(
      asifUsed.openapi({
        description:
          "The k and p that it was made with, which `auto` stood for; absent in what older versions made.",
      }),
    ),
    current: z.boolean().openapi({
      description:
        "Whether nothing was written to the collection since, so that also what is `auto` stands for what it did.",
    }),
    anchors: z.int(),
    by: z.string().nullable(),
    seed: z.int(),
    folds: z.int(),
    byClasses: z.array(evidence).readonly(),
  })
  .openapi("Calibration");
/** A calibration without the outcomes that thresholds are computed from. */
export type CalibrationDetail = z.output<typeof calibration>;

export const calibrationList = z
  .strictObject({ calibrations: z.array(calibration).readonly() })
  .openapi("CalibrationList");

export type CalibrateRequestBody = z.input<typeof calibrateRequest>;
export type CalibrationBody = z.input<typeof calibration>;
/** What certainty adds to a request, to its answer, to each of its results and to each class of those. */
export type SureRequestFields = z.input<z.ZodObject<typeof sureRequest>>;
export type SureAnswerFields = z.input<z.ZodObject<typeof sureAnswer>>;
export type SureResultFields = z.input<z.ZodObject<typeof sureResult>>;
export type SureRankedFields = z.input<z.ZodObject<typeof sureRanked>>;
