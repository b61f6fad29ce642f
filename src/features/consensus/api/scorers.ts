import { z } from "@hono/zod-openapi";
import { optional, text } from "../../../api/values.ts";

const MOST_NEIGHBOURS = 10_000;
const MOST_TIMEOUT_MS = 60_000;
const MOST_CLIP = 100;

const finite = z.number();
const clip = optional(
  z
    .number()
    .gt(0)
    .max(MOST_CLIP)
    .describe("How far from the mean a score may be, in deviations; 4 where absent."),
);
const temperature = optional(z.number().gt(0).max(1_000));

/** How a scorer's scores are brought to a scale that compares with other scorers'. */
export const normalisation = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none") }),
    z.strictObject({ kind: z.literal("affine"), scale: finite, shift: finite }),
    z.strictObject({ kind: z.literal("z"), clip }),
    z.strictObject({ kind: z.literal("robust-z"), clip }),
    z.strictObject({ kind: z.literal("min-max") }),
    z.strictObject({ kind: z.literal("rank") }),
    z.strictObject({ kind: z.literal("softmax"), temperature }),
    z.strictObject({ kind: z.literal("log-softmax"), temperature }),
    z.strictObject({ kind: z.literal("ecdf") }),
    z.strictObject({ kind: z.literal("logistic"), slope: finite, intercept: finite }),
  ])
  .describe(
    "`z`, over 256 anchors where the scorer can be asked about them, else over the proposals, where absent.",
  );

const name = z.string().min(1).max(100);

/** What a request may say of any scorer. */
export const scorerCommon = {
  as: optional(name.describe("What it is called in the answer; of two alike one must have it.")),
  weight: optional(z.number().min(0).max(1_000).describe("1 where absent.")),
  calibration: optional(normalisation),
  onFailure: optional(
    z
      .enum(["fail", "drop", "last"])
      .describe(
        "`fail`: the run fails with it; `drop`: the run goes on without it; `last`: what it said before still counts.",
      ),
  ),
  timeoutMs: optional(z.int().min(1).max(MOST_TIMEOUT_MS).describe("Of one batch.")),
};

const neighbours = {
  k: optional(
    z
      .int()
      .min(1)
      .max(MOST_NEIGHBOURS)
      .describe("How many of the nearest anchors have a say; 20 where absent."),
  ),
  temperature: optional(
    z.number().gt(0).max(1_000).describe("Of the softmax of their similarities; 0.1 where absent."),
  ),
};

const target = optional(
  text.describe(
    "The class that proposed images are to be of; where absent, proposed texts are classes of the condition's image.",
  ),
);

export const field = text.describe("A metadata field of the anchors.");

export const remoteEndpoint = {
  url: z.string().max(2_000).describe("On a host that the operator allows (CONSENSUS_HTTP_HOSTS)."),
  authorization: optional(
    z
      .string()
      .min(1)
      .max(4_000)
      // What a header can hold.
      .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/, "must be visible ASCII")
      .describe("Sent as `Authorization`; it is shown nowhere."),
  ),
};

/** What a request may say of each scorer. */
export const SCORER_SCHEMAS = {
  asif: z.strictObject({ name: z.literal("asif"), ...scorerCommon }),
  local: z.strictObject({ name: z.literal("local"), ...scorerCommon }),
  "asif+local": z.strictObject({ name: z.literal("asif+local"), ...scorerCommon }),
  csa: z.strictObject({
    name: z.literal("csa"),
    method: optional(
      z
        .enum(["csa", "orthogonal", "ridge", "asif-csa"])
        .describe("What is fitted on the anchors; `csa` where absent."),
    ),
    ...scorerCommon,
  }),
  "text-text": z.strictObject({ name: z.literal("text-text"), ...scorerCommon }),
  "image-image": z.strictObject({ name: z.literal("image-image"), ...scorerCommon }),
  "neighbour-captions": z.strictObject({
    name: z.literal("neighbour-captions"),
    ...neighbours,
    ...scorerCommon,
  }),
  "reverse-retrieval": z.strictObject({
    name: z.literal("reverse-retrieval"),
    gallery: optional(
      z
        .int()
        .min(1)
        .max(50_000)
        .describe(
          "Images that the condition's has to come before, evenly spaced among the anchors; 5,000 where absent.",
        ),
    ),
    ...scorerCommon,
  }),
  "knn-vote": z.strictObject({ name: z.literal("knn-vote"), field, ...neighbours, ...scorerCommon }),
  "self-consistency": z.strictObject({
    name: z.literal("self-consistency"),
    by: optional(
      z
        .enum(["similarity", "votes"])
        .describe("Mean cosine with the others, or how often it was proposed; `similarity` where absent."),
    ),
    ...scorerCommon,
  }),
  arithmetic: z.strictObject({
    name: z.literal("arithmetic"),
    mode: optional(
      z
        .enum(["veto", "score"])
        .describe("Whether a wrong equation takes a proposal out or scores 0; `score` where absent."),
    ),
    ...scorerCommon,
  }),
  probe: z.strictObject({
    name: z.literal("probe"),
    field,
    ridge: optional(
      z.number().gt(0).max(1_000).describe("In units of the mean eigenvalue; 0.1 where absent."),
    ),
    target,
    ...scorerCommon,
  }),
  onnx: z.strictObject({
    name: z.literal("onnx"),
    classifier: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9_-]{0,62}$/,
        "must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit",
      )
      .describe("A folder of DATA_DIR/classifiers."),
    target,
    ...scorerCommon,
  }),
  http: z.strictObject({ name: z.literal("http"), ...remoteEndpoint, ...scorerCommon }),
} as const;

export type ScorerName = keyof typeof SCORER_SCHEMAS;
/** What a request says of the scorer of a name. */
export type ScorerSpecOf<Name extends ScorerName> = z.output<(typeof SCORER_SCHEMAS)[Name]>;
/** One of the scorers of consensus itself. */
export type OwnScorerSpec = { [Name in ScorerName]: ScorerSpecOf<Name> }[ScorerName];

/** A union of objects discriminated by `name`; the schemas are keyed by it. */
export const oneOf = <Schema extends z.ZodObject>(
  what: string,
  schemas: Readonly<Record<string, Schema>>,
): z.ZodType<z.output<Schema>, z.input<Schema>> => {
  const [first, ...others] = Object.values(schemas);
  if (first === undefined) throw new RangeError(`there is no ${what}`);
  return z.discriminatedUnion("name", [first, ...others], {
    error: (issue: { readonly code?: string | undefined }) =>
      issue.code === "invalid_union"
        ? `must be the name of a ${what}; known are ${Object.keys(schemas).join(", ")}`
        : undefined,
  });
};

export const scorerOf = <Schema extends z.ZodObject>(schemas: Readonly<Record<string, Schema>>) =>
  oneOf("scorer", schemas).openapi("Scorer", {
    description: "By name, with its parameters; `GET /v1/scorers` lists them.",
  });
