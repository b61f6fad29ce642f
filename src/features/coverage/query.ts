import { coverage, type Coverage } from "./index.ts";
import type { Encoding } from "../../collections/encoding.ts";
import { answer, readClasses, type Queried } from "../../collections/question.ts";
import type { Answer, ClassifyRequest, QuerySettings } from "../../collections/types.ts";

const DEFAULT_TOP = 5;

export interface CoverageRequest
  extends QuerySettings, Pick<ClassifyRequest, "classes" | "templates" | "filter"> {
  /** How many of a class's captions and groups, and of overlapping pairs of classes, are listed; 5 where absent. */
  readonly top?: number;
  /** A metadata key to share a class's anchors out by. */
  readonly groupBy?: string;
}

export type CoverageAnswer = Answer & Coverage;

export const askCoverage = async (
  queried: Queried,
  request: CoverageRequest,
  encoding: Encoding,
): Promise<CoverageAnswer> => {
  const started = performance.now();
  const { groupBy, top = DEFAULT_TOP } = request;
  const question = await readClasses(queried, request, encoding);
  const found = await coverage(queried.view, {
    ...question,
    top,
    ...(groupBy === undefined ? {} : { groupBy }),
  });
  return { ...found, ...answer(queried.view, started) };
};
