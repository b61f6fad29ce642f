import { z } from "@hono/zod-openapi";
import { classifyResult, rankedClass } from "./explain.ts";
import { checkQuestion, classifyAnswer, classifyExample, classifyRequest, type Question } from "./queries.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

/** Fields that a feature adds to classifications. All are optional, and in an answer only if the request asks for them. */
export interface ClassifyFields {
  /** Of the request. */
  readonly request: Shape;
  /** Refuses requests with one of the fields that these alone cannot, such as one for too much at once. */
  readonly check?: (request: Question & Readonly<Record<string, unknown>>, context: z.RefinementCtx) => void;
  /** Of each class of a result. */
  readonly ranked?: Shape;
  /** Of each image's result. */
  readonly result?: Shape;
  /** Of the answer as a whole. */
  readonly answer?: Shape;
}

/** @throws Error where a field has the name of another */
const merged = (own: Shape, added: readonly (Shape | undefined)[]): Shape => {
  const names = new Set(Object.keys(own));
  for (const name of added.flatMap((shape) => Object.keys(shape ?? {}))) {
    if (names.has(name)) throw new Error(`classifications have two fields "${name}"`);
    names.add(name);
  }
  return Object.fromEntries(added.flatMap((shape) => Object.entries(shape ?? {})));
};

/**
 * The schemas of a classification's request and answer with the fields that features add. Both are strict: a field that
 * neither the core nor a feature has is refused.
 *
 * @throws Error where two fields have the same name
 *
 * @example
 * ```ts
 * const { request, answer } = classifySchemas([{ request: { twice: optional(z.boolean()) } }]);
 * ```
 */
export const classifySchemas = (fields: readonly ClassifyFields[]) => {
  const ranked = z.strictObject({
    ...rankedClass.shape,
    ...merged(
      rankedClass.shape,
      fields.map((each) => each.ranked),
    ),
  });
  const result = z
    .strictObject({
      ...classifyResult.shape,
      classes: z.array(ranked).readonly(),
      ...merged(
        classifyResult.shape,
        fields.map((each) => each.result),
      ),
    })
    .openapi("ClassifyResult");
  const request = z
    .strictObject({
      ...classifyRequest.shape,
      ...merged(
        classifyRequest.shape,
        fields.map((each) => each.request),
      ),
    })
    .superRefine((asked, context) => {
      checkQuestion(asked, context);
      for (const { request, check } of fields)
        if (Object.keys(request).some((name) => Object.hasOwn(asked, name))) check?.(asked, context);
    })
    .openapi("ClassifyRequest", { example: classifyExample });
  const answer = z
    .strictObject({
      ...classifyAnswer.shape,
      results: z.array(result).readonly(),
      ...merged(
        classifyAnswer.shape,
        fields.map((each) => each.answer),
      ),
    })
    .openapi("ClassifyAnswer");
  return { request, answer };
};
