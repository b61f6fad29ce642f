import { z } from "@hono/zod-openapi";
import { classifyResult, explainSetting, MAX_EXPLANATIONS } from "./explain.ts";
import { filter } from "./filter.ts";
import { searchWay, plan } from "./indexes.ts";
import { namedAdaptation } from "./adaptations.ts";
import { describeKinds, input, RED_PIXEL } from "./inputs.ts";
import { classifyEnsemble, ensemble, scored, scoring } from "./methods.ts";
import { namedTransform } from "./transforms.ts";
import { asifUsed, k, negatives, p } from "./asif.ts";
import { anchorId, metadata, minSequence, modality, optional, sequence, text } from "./values.ts";

const MAX_HITS = 1_000;
/** Hits in one answer to several queries. */
const MAX_HITS_OF_ALL = 100_000;
export const DEFAULT_HITS = 10;
const MAX_INPUTS = 1_000;
const MAX_TEXTS = 10_000;
const MAX_TEMPLATES = 100;
/** Class prompts in one request, written out or made from templates. */
const MAX_PROMPTS = 20_000;
/** Scores in one answer. */
const MAX_SCORES = 2_000_000;
const MAX_EF = 100_000;

const parameters = {
  minSequence: optional(minSequence),
  k: optional(k),
  p: optional(p),
  negatives: optional(negatives),
  transform: optional(namedTransform),
};

export const settings = {
  ...parameters,
  exact: optional(
    z.boolean().openapi({ description: "True: the exact index, whatever the planner would pick." }),
  ),
  ef: optional(
    z.int().min(1).max(MAX_EF).openapi({
      description: "HNSW's candidate list. Where partitions answer: `ef / 8` lists at least are read.",
      example: 400,
    }),
  ),
};

const inputs = (most: number) => z.array(input).min(1).max(most).readonly();

const keywords = z
  .strictObject({
    keywords: text.openapi({
      description: "Words of the caption, each from its beginning, in any order; case does not matter.",
    }),
  })
  .openapi("KeywordsInput", { example: { keywords: "red fox" } });

/** One union, so that a fault of an input names its own path. */
const query = z.union([...input.options, keywords], {
  error: (issue) =>
    describeKinds(
      issue.input,
      `{"text": …}, {"image": {"base64": …}}, {"vector": […]}, {"anchor": …} or {"keywords": …}`,
    ),
});

const searchShape = {
  modality: optional(modality.openapi({ description: "Of a `vector` or `anchor` query that does not say." })),
  target: modality,
  limit: optional(z.int().min(1).max(MAX_HITS).openapi({ default: 10 })),
  filter: optional(filter),
  mode: optional(
    z.enum(["unimodal", "asif"]).openapi({
      description: "`unimodal` where the query's modality is the target's, else `asif`, unless given.",
    }),
  ),
  adaptation: optional(namedAdaptation),
  ...settings,
};

export const searchRequest = z.strictObject({ query, ...searchShape }).openapi("SearchRequest", {
  example: { query: { text: "a red fox" }, target: "image", limit: 10 },
});

/** Several queries that share everything else. */
export const searchManyRequest = z
  .strictObject({ queries: inputs(MAX_INPUTS), ...searchShape })
  .refine(({ queries, limit = DEFAULT_HITS }) => queries.length * limit <= MAX_HITS_OF_ALL, {
    path: ["limit"],
    error: `times queries must be at most ${MAX_HITS_OF_ALL}`,
  })
  .openapi("SearchManyRequest", {
    example: { queries: [{ text: "a red fox" }, { text: "a grey owl" }], target: "image", limit: 10 },
  });

/** A search for one query, or for several. */
export const searchBody = z
  .union([searchRequest, searchManyRequest], {
    error: ({ input }) =>
      typeof input === "object" && input !== null && "query" in input && "queries" in input
        ? "has both query and queries; give one of them"
        : undefined,
  })
  .openapi("SearchBody", {
    description: "For one `query`, or for several `queries` of one modality that share everything else.",
    example: { query: { text: "a red fox" }, target: "image", limit: 10 },
  });

export const relativeRequest = z
  .strictObject({ inputs: inputs(MAX_INPUTS), modality, ...settings })
  .openapi("RelativeRequest", {
    example: { inputs: [{ text: "a red fox" }], modality: "text", k: 200, p: 6 },
  });

export const similarityRequest = z
  .strictObject({
    images: inputs(MAX_INPUTS),
    texts: inputs(MAX_TEXTS),
    adaptation: optional(namedAdaptation),
    ...scoring,
    ...settings,
  })
  .refine(({ images, texts }) => images.length * texts.length <= MAX_SCORES, {
    path: ["texts"],
    error: `images times texts must be at most ${MAX_SCORES}`,
  })
  .openapi("SimilarityRequest", {
    example: { images: [RED_PIXEL], texts: [{ text: "a red square" }, { text: "a grey owl" }] },
  });

const template = text
  .refine((value) => value.split("{}").length === 2, { error: "must hold {} once, where the name goes" })
  .openapi({ type: "string", example: "a photo of a {}" });

export const classInput = z
  .strictObject({ name: text, prompts: optional(inputs(MAX_INPUTS)) })
  .openapi("Class");

export const questionShape = {
  images: inputs(MAX_INPUTS),
  classes: z.array(classInput).min(1).max(MAX_TEXTS).readonly(),
  templates: optional(z.array(template).min(1).max(MAX_TEMPLATES).readonly()),
  ensemble: optional(ensemble),
  top: optional(z.int().min(1).max(MAX_TEXTS).openapi({ default: 5 })),
  explain: optional(explainSetting),
  filter: optional(filter.openapi({ description: "Restricts the anchors that serve as memory." })),
  ...parameters,
};

/** The fields that every classification request has. */
export type Question = Omit<z.output<z.ZodObject<typeof questionShape>>, "ensemble">;

/** Bounds on what one answer can hold. */
export const checkQuestion = (
  { images, classes, templates, top = 5, explain = 0 }: Question,
  context: z.RefinementCtx,
): void => {
  const limit = (product: number, most: number, path: string, what: string): void => {
    if (product > most)
      context.addIssue({ code: "custom", path: [path], message: `${what} must be at most ${most}` });
  };
  const prompts = classes.reduce((sum, entry) => sum + (entry.prompts?.length ?? templates?.length ?? 1), 0);
  limit(prompts, MAX_PROMPTS, "classes", "prompts of all classes together");
  limit(images.length * Math.min(top, classes.length), MAX_SCORES, "top", "images times top");
  const listed = typeof explain === "number" ? explain : (explain.top ?? 10);
  const explained = typeof explain === "object" && explain.every === true ? Math.min(top, classes.length) : 1;
  const counted =
    explained === 1 ? "images times explain" : "images times explained classes times explain.top";
  limit(images.length * explained * listed, MAX_EXPLANATIONS, "explain", counted);
};

const classifyShape = {
  ...questionShape,
  ensemble: optional(classifyEnsemble),
  adaptation: optional(namedAdaptation),
  ...scoring,
  ...settings,
};

/** A classification without the fields of features. */
export const classifyRequest = z.strictObject(classifyShape).superRefine(checkQuestion);

export const classifyExample = {
  images: [RED_PIXEL],
  classes: [{ name: "red square" }, { name: "owl", prompts: [{ text: "an owl in a tree" }] }],
  templates: ["a {}"],
  explain: 3,
};

const warnings = z.array(z.string()).readonly().openapi({
  description: "What makes the answer doubtful, such as texts that the text encoder does not know.",
});

export const computed = {
  warnings: optional(warnings),
  sequence: sequence.openapi({ description: "The answer is computed at it." }),
  tookMs: z.number(),
};

/** In answers that relative representations take part in; absent in those of older versions. */
const used = {
  asif: optional(
    asifUsed.openapi({ description: "The k and p that it was computed with, where `auto` or not." }),
  ),
};

const searchHit = z.strictObject({
  id: anchorId,
  score: z.number(),
  text: z.string().nullable(),
  metadata,
});

const hitsPlan = plan
  .extend({
    index: z.enum([...searchWay.options, "captions"]).openapi({
      description: "`captions`: keywords were looked for in Postgres, and no vectors were compared.",
    }),
  })
  .openapi("SearchPlan", { description: "Which index answered and why." });

export const searchAnswer = z
  .strictObject({
    hits: z.array(searchHit).readonly(),
    plan: hitsPlan,
    ...used,
    ...computed,
  })
  .openapi("SearchAnswer");

export const searchManyAnswer = z
  .strictObject({
    results: z
      .array(z.strictObject({ hits: z.array(searchHit).readonly() }))
      .readonly()
      .openapi({ description: "In the order of `queries`." }),
    plan: hitsPlan,
    ...used,
    ...computed,
  })
  .openapi("SearchManyAnswer");

export const searchBodyAnswer = z.union([searchAnswer, searchManyAnswer]).openapi("SearchBodyAnswer", {
  description: "`hits` of one `query`, or `results` of several `queries`.",
});

export const relativeAnswer = z
  .strictObject({
    representations: z
      .array(
        z.strictObject({
          anchors: z.array(anchorId).readonly(),
          values: z.array(z.number()).readonly(),
          support: z.int().openapi({ description: "How many anchors it has; 0: none is similar." }),
        }),
      )
      .readonly(),
    plan,
    ...used,
    ...computed,
  })
  .openapi("RelativeAnswer", { description: "Values descending, of L2 norm 1 where there is support." });

export const similarityAnswer = z
  .strictObject({
    scores: z
      .array(z.array(z.number()).readonly())
      .readonly()
      .openapi({
        description:
          "images x texts; in [-1, 1] but for a `consensus`, which adds up deviations from the mean of an image's texts, " +
          "or, of fewer than 32 texts, from that of 256 anchors' captions.",
      }),
    ...scored,
    ...used,
    ...computed,
  })
  .openapi("SimilarityAnswer");

/** An answer without the fields of features. */
export const classifyAnswer = z.strictObject({
  results: z.array(classifyResult).readonly(),
  ...scored,
  ...used,
  ...computed,
});

/** Settings that any query may give in place of the collection's own. */
export type QuerySettings = z.output<z.ZodObject<typeof settings>>;
/** What every answer names: the sequence that it was computed at, and how long it took. */
export type Answer = z.output<z.ZodObject<typeof computed>>;
export type SearchRequest = z.output<typeof searchRequest>;
export type SearchRequestBody = z.input<typeof searchRequest>;
export type SearchHit = z.output<typeof searchHit>;
export type SearchAnswer = z.output<typeof searchAnswer>;
export type SearchAnswerBody = z.input<typeof searchAnswer>;
export type SearchManyRequest = z.output<typeof searchManyRequest>;
export type SearchManyRequestBody = z.input<typeof searchManyRequest>;
export type SearchManyAnswer = z.output<typeof searchManyAnswer>;
export type SearchManyAnswerBody = z.input<typeof searchManyAnswer>;
export type RelativeRequest = z.output<typeof relativeRequest>;
export type RelativeRequestBody = z.input<typeof relativeRequest>;
export type RelativeAnswer = z.output<typeof relativeAnswer>;
export type RelativeAnswerBody = z.input<typeof relativeAnswer>;
export type SimilarityRequest = z.output<typeof similarityRequest>;
export type SimilarityRequestBody = z.input<typeof similarityRequest>;
export type SimilarityAnswer = z.output<typeof similarityAnswer>;
export type SimilarityAnswerBody = z.input<typeof similarityAnswer>;
export type ClassInput = z.output<typeof classInput>;
export type ClassifyRequest = z.output<typeof classifyRequest>;
export type ClassifyRequestBody = z.input<typeof classifyRequest>;
export type ClassifyAnswer = z.output<typeof classifyAnswer>;
export type ClassifyAnswerBody = z.input<typeof classifyAnswer>;
