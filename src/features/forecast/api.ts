import { z } from "@hono/zod-openapi";
import { asifSetting } from "../../api/asif.ts";
import { ensemble, method } from "../../api/methods.ts";
import { transform } from "../../api/transforms.ts";
import { instant, minSequence, optional, sequence, text } from "../../api/values.ts";
import { ADVICE } from "./advice.ts";

/** How a collection's growth is forecast where the request does not say. */
export const FORECAST_DEFAULTS = { top: 5, classes: 300, questions: 300, draws: 2, seed: 0 } as const;
/** An answer is right if the true class is among so many. */
export const FORECAST_TOPS = [1, 5, 10] as const;

const top = z.union([z.literal(1), z.literal(5), z.literal(10)]);
const whole = (least: number, most: number, normally: number, description: string) =>
  optional(z.int().min(least).max(most).openapi({ type: "integer", default: normally, description }));

export const forecastRequest = z
  .strictObject({
    minSequence: optional(minSequence),
    by: optional(
      text.openapi({
        type: "string",
        description:
          "The metadata field whose values are the classes; absent: anchors of one caption are one class.",
        example: "species",
      }),
    ),
    target: optional(
      z.number().openapi({
        type: "number",
        description: "An error in (0, 1), to hear how many anchors it takes; of answers by `top`.",
        example: 0.3,
      }),
    ),
    top: optional(
      top.openapi({
        type: "integer",
        default: FORECAST_DEFAULTS.top,
        description:
          "What the advice and the target are about: an answer is right if the true class is among so many. All of 1, 5 " +
          "and 10 are measured.",
      }),
    ),
    classes: whole(2, 1_000, FORECAST_DEFAULTS.classes, "Held out at once, at most."),
    questions: whole(20, 5_000, FORECAST_DEFAULTS.questions, "Images asked about at once, at most."),
    draws: whole(1, 10, FORECAST_DEFAULTS.draws, "Random draws of the anchors of each size."),
    seed: whole(0, 0xffffffff, FORECAST_DEFAULTS.seed, "Of the folds, the draws and the resampling."),
  })
  .openapi("ForecastRequest", {
    description: "Everything else is the collection's own: method, k, p, transform, rank and ensemble.",
    example: { by: "species", target: 0.3 },
  });

export type ForecastRequest = z.output<typeof forecastRequest>;
export type ForecastRequestBody = z.input<typeof forecastRequest>;

const share = z.number().min(0).max(1);
const interval = { low: z.number(), high: z.number() };
const gain = z
  .strictObject({ mean: z.number(), ...interval, standardError: z.number() })
  .openapi({ description: "The error with all anchors less this one, with its 90 % interval." });

const growth = z
  .strictObject({
    top,
    sizes: z
      .array(z.strictObject({ anchors: z.int(), error: share }))
      .readonly()
      .openapi({ description: "The measured error by ever more anchors; each draw holds the smaller ones." }),
    fit: z
      .strictObject({ a: z.number(), b: z.number(), c: z.number() })
      .openapi({ description: "error = c + a anchors^-b, the forecast." }),
    forecasts: z
      .array(
        z.strictObject({
          anchors: z.int(),
          error: z.number(),
          low: z.number(),
          high: z.number(),
          logLinear: z.number().openapi({
            description: "By a line in the logarithm of the anchors: a second opinion, which may be below 0.",
          }),
          gain,
        }),
      )
      .readonly()
      .openapi({
        description:
          "At two and four times the anchors. The interval is the union of the 90 % intervals of both forms by the " +
          "bootstrap over classes.",
      }),
    backTest: z
      .strictObject({ anchors: z.int(), predicted: z.number(), measured: z.number() })
      .openapi({ description: "The error of the last size, predicted from the smaller ones." }),
    floor: z.strictObject({ ...interval, determined: z.boolean() }).openapi({
      description:
        "The 90 % interval of the error that stays with any number of such anchors; determined where it is at most 0.1 wide.",
    }),
    constant: z.boolean().openapi({ description: "Whether the error is the same at every size." }),
  })
  .openapi("ForecastGrowth");

const shape = {
  sequence: sequence.openapi({ description: "Of the anchors that it was measured on." }),
  anchors: z.int(),
  by: z.string().nullable(),
  settings: z.strictObject({ method, ...asifSetting.shape, transform, ensemble }),
  seed: z.int(),
  folds: z.int(),
  classes: z.int().openapi({ description: "Candidates of a question: the classes held out at once." }),
  questions: z.int().openapi({ description: "Images asked about, in all folds together." }),
  growths: z.array(growth).readonly().openapi({ description: "For top 1, 5 and 10." }),
  target: z
    .strictObject({
      top,
      error: z.number(),
      anchors: z.int().nullable(),
      reason: z.string().nullable().openapi({ description: "Why no number of anchors is told; else null." }),
    })
    .nullable(),
  advice: z.strictObject({ top, choice: z.enum(ADVICE), sentence: z.string() }),
  notes: z.array(z.string()).readonly(),
  tookMs: z.number(),
};
/** A forecast as it is stored: numbers alone, no caption and no vector. */
export type ForecastFindings = z.output<z.ZodObject<typeof shape>>;

export const forecast = z
  .strictObject({
    ...shape,
    forecastAt: instant,
    current: z.boolean().openapi({ description: "Whether nothing was written to the collection since." }),
  })
  .openapi("Forecast");
export type ForecastDetail = z.output<typeof forecast>;
export type ForecastBody = z.input<typeof forecast>;
