import { z } from "@hono/zod-openapi";
import { TRANSFER_METHODS } from "../emms/index.ts";
import { checked, numbers, optional, vector, type GivenVector } from "../../../api/values.ts";
import { numbersOf } from "../../../store/index.ts";

const MAX_ROWS = 50_000;
const MAX_COLUMNS = 16_384;
const MAX_F_LABELS = 16;
const MAX_CLASSES = 2_000;
/** Float32's: features are, and what is larger has no finite square. */
const MAX_SIZE = 3.4028234663852886e38;
/** Of a row of probabilities that were rounded. */
const SUM_TOLERANCE = 1e-3;
const MAX_RANKED = 20_000;

type Rows = readonly (readonly number[])[];

const seed = optional(z.int().min(0).max(0xffffffff).openapi({ default: 0 }));

/** Rows that are base64 as numbers; what is not base64 stays as it is, for the check that follows. */
const decodeRows = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map((row: unknown) =>
        typeof row === "string" && vector.safeParse(row).success ? numbersOf(row) : row,
      )
    : value;

const numericRows = checked<Rows>((value) => {
  if (!Array.isArray(value)) return { path: [], message: "must be a list of rows" };
  if (value.length < 2 || value.length > MAX_ROWS)
    return { path: [], message: `must hold 2 to ${MAX_ROWS} rows` };
  const width = Array.isArray(value[0]) ? value[0].length : 0;
  for (const [i, row] of (value as unknown[]).entries()) {
    if (!Array.isArray(row)) return { path: [i], message: "must be a list of numbers or base64" };
    if (row.length === 0 || row.length > MAX_COLUMNS)
      return { path: [i], message: `must hold 1 to ${MAX_COLUMNS} numbers` };
    if (row.length !== width)
      return { path: [i], message: `has ${row.length} values; the first row has ${width}` };
    const wrong = row.findIndex((item) => !(typeof item === "number" && Math.abs(item) <= MAX_SIZE));
    if (wrong >= 0) return { path: [i, wrong], message: "is not a finite number of float32's range" };
  }
  return null;
});

/** Rows of numbers, or of base64 of little-endian float32. */
export const matrix = z
  .custom<readonly GivenVector[]>()
  .transform(decodeRows)
  .pipe(numericRows)
  .openapi({ type: "array", items: { type: ["array", "string"], items: { type: "number" } } });

const labels = checked<readonly number[]>((value) => {
  if (!Array.isArray(value)) return { path: [], message: "must be a list of whole numbers" };
  const wrong = value.findIndex((item) => !Number.isSafeInteger(item));
  if (wrong >= 0) return { path: [wrong], message: "must be a whole number" };
  if (new Set(value).size <= MAX_CLASSES) return null;
  return { path: [], message: `must be of at most ${MAX_CLASSES} classes` };
}).openapi({ type: "array", items: { type: "integer" } });

const probabilities = matrix.superRefine((rows, context) => {
  for (const [i, row] of rows.entries()) {
    const sum = row.reduce((total, value) => total + value, 0);
    if (row.every((value) => value >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    const message = "must be probabilities: none below 0, and 1 together";
    context.addIssue({ code: "custom", path: [i], message, input: row });
    return;
  }
});

/** The most rounds of EMMS. */
const MAX_ROUNDS = 1_000;

export const rounds = z
  .union([z.int().min(1).max(MAX_ROUNDS), z.literal("optimal")], {
    error: () => `must be a whole number from 1 to ${MAX_ROUNDS} or "optimal"`,
  })
  .openapi({
    default: 1,
    description:
      "Of `emms`: 1 is as published; more rounds never raise the loss and end at the optimum; `optimal` solves for the optimum at once.",
  });

const methodOptions = z
  .strictObject({
    transrate: optional(
      z.strictObject({
        classes: optional(
          z.enum(["by-rows", "equal"]).openapi({
            default: "equal",
            description:
              "How classes count in the rate given the classes: `equal` as in the authors' code, `by-rows` as in the definition.",
          }),
        ),
      }),
    ),
    nleep: optional(
      z.strictObject({
        componentsPerClass: optional(z.int().min(1).max(50).openapi({ default: 5 })),
        variance: optional(z.number().gt(0).max(1).openapi({ default: 0.8 })),
        seed,
      }),
    ),
    gbc: optional(
      z.strictObject({
        covariance: optional(z.enum(["diagonal", "spherical"]).openapi({ default: "diagonal" })),
        dimensions: optional(z.int().min(1).max(MAX_COLUMNS).openapi({ default: 64 })),
      }),
    ),
    parc: optional(
      z.strictObject({
        labels: optional(
          z.enum(["classes", "f-labels"]).openapi({
            description: "What features are compared with; by default `labels` if given.",
          }),
        ),
        samples: optional(z.int().min(3).max(3_000).openapi({ default: 2_000 })),
        standardize: optional(
          z.boolean().openapi({
            default: true,
            description:
              "Standardises feature columns first, as the authors' code does; false is the definition.",
          }),
        ),
        seed,
      }),
    ),
    knn: optional(z.strictObject({ k: optional(z.int().min(1).max(1_000).openapi({ default: 5 })) })),
    "linear-probe": optional(
      z.strictObject({
        folds: optional(z.int().min(2).max(20).openapi({ default: 5 })),
        ridge: optional(z.number().min(1e-6).max(1e6).openapi({ default: 1 })),
        seed,
      }),
    ),
  })
  .openapi("TransferOptions");

export const transferabilityRequest = z
  .strictObject({
    features: matrix.openapi({ description: "`[n, d]`: the model's features of each sample." }),
    labels: optional(
      labels.openapi({ description: "`[n]`: the class of each sample, as any whole number." }),
    ),
    fLabels: optional(
      z
        .array(matrix)
        .min(1)
        .max(MAX_F_LABELS)
        .openapi({ description: "K matrices `[n, d2]`: each sample's label as K text encoders embed it." }),
    ),
    sourceProbabilities: optional(
      probabilities.openapi({
        description: "`[n, s]`: the model's probabilities of its own classes; each row adds up to 1.",
      }),
    ),
    methods: z
      .array(z.enum(TRANSFER_METHODS))
      .min(1)
      .max(TRANSFER_METHODS.length)
      .openapi({
        description:
          "`emms` and `logme-f` need `fLabels`, `leep` and `nce` `sourceProbabilities` and `labels`, the others `labels`; " +
          "`parc` takes the first F-labels where there are no labels. `hscore-reg`, `sfda` and `linear-probe` take at most " +
          "8,192 columns.",
      }),
    rounds: optional(rounds),
    options: optional(methodOptions),
  })
  .superRefine(({ features, labels: ids, fLabels = [], sourceProbabilities }, context) => {
    const n = features.length;
    const width = fLabels[0]?.[0]?.length ?? 0;
    const refuse = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message, input: undefined });
    const checkRows = (path: (string | number)[], rows: readonly unknown[] | undefined): void => {
      if (rows !== undefined && rows.length !== n)
        refuse(path, `has ${rows.length} items; features has ${n} rows`);
    };
    checkRows(["labels"], ids);
    checkRows(["sourceProbabilities"], sourceProbabilities);
    fLabels.forEach((each, k) => {
      checkRows(["fLabels", k], each);
      const own = each[0]?.length ?? 0;
      if (own !== width) refuse(["fLabels", k], `has rows of ${own} values; the first matrix has ${width}`);
    });
  })
  .openapi("TransferabilityRequest", {
    example: {
      features: [
        [0.9, 0.1],
        [0.8, 0.3],
        [0.1, 0.7],
        [0.2, 0.9],
      ],
      labels: [3, 3, 8, 8],
      methods: ["hscore", "knn"],
      options: { knn: { k: 1 } },
    },
  });

const transferScore = z
  .strictObject({
    score: z.number().openapi({ description: "Higher is better; only the order of models counts." }),
    weights: optional(
      z
        .array(z.number())
        .readonly()
        .openapi({ description: "Of `emms`: how much each matrix of F-labels counts; together 1." }),
    ),
    tookMs: z.number(),
    diagnostics: z.record(z.string(), z.unknown()).openapi({
      description: "What the method found on its way, such as the rank or the number of iterations.",
    }),
  })
  .openapi("TransferScore");

export const transferabilityAnswer = z
  .strictObject({
    scores: z.record(z.string(), transferScore).openapi({ description: "One for each method asked for." }),
  })
  .openapi("TransferabilityAnswer");

const ranked = numbers
  .refine((values) => values.length >= 2 && values.length <= MAX_RANKED, `must hold 2 to ${MAX_RANKED} items`)
  .openapi({ type: "array", items: { type: "number" }, minItems: 2, maxItems: MAX_RANKED });

export const rankCorrelationRequest = z
  .strictObject({
    x: ranked.openapi({ description: "Such as a score of each model.", example: [0.2, 0.5, 0.1] }),
    y: ranked.openapi({
      description: "As many, such as each model's accuracy.",
      example: [70, 86, 80],
    }),
  })
  .superRefine(({ x, y }, context) => {
    if (x.length === y.length) return;
    const message = `has ${y.length} items; x has ${x.length}`;
    context.addIssue({ code: "custom", path: ["y"], message, input: y });
  })
  .openapi("RankCorrelationRequest", { example: { x: [12, 2, 1, 12, 2], y: [1, 4, 7, 1, 0] } });

const NOT_DEFINED = "In [-1, 1]; null where all of x or all of y are the same, for then it is not defined.";

export const rankCorrelationAnswer = z
  .strictObject({
    weightedTau: z
      .number()
      .nullable()
      .openapi({
        description: `As scipy.stats.weightedtau: hyperbolic weights, the mean of both directions' ranks. ${NOT_DEFINED}`,
      }),
    kendallTau: z
      .number()
      .nullable()
      .openapi({ description: `Tau-b. ${NOT_DEFINED}` }),
    spearman: z.number().nullable().openapi({ description: NOT_DEFINED }),
    pearson: z.number().nullable().openapi({ description: NOT_DEFINED }),
    topOneRegret: z.number().nullable().openapi({
      description:
        "The largest y less that of the largest x (of several, their mean); null where it is too large for a number.",
    }),
  })
  .openapi("RankCorrelationAnswer");

export type TransferabilityRequestBody = z.input<typeof transferabilityRequest>;
export type TransferabilityAnswerBody = z.input<typeof transferabilityAnswer>;
export type RankCorrelationRequestBody = z.input<typeof rankCorrelationRequest>;
export type RankCorrelationAnswerBody = z.input<typeof rankCorrelationAnswer>;
