import type { CoverageAnswer, CoverageRequest } from "./api.ts";
import { coverage } from "./index.ts";
import type { Encoding } from "../../collections/encoding.ts";
import { answer, resolveClasses, type Queried } from "../../collections/question.ts";

const DEFAULT_TOP = 5;

export const askCoverage = async (
  queried: Queried,
  request: CoverageRequest,
  encoding: Encoding,
): Promise<CoverageAnswer> => {
  const started = performance.now();
  const { groupBy, top = DEFAULT_TOP } = request;
  const question = await resolveClasses(queried, request, encoding);
  const found = await coverage(queried.view, {
    ...question,
    top,
    ...(groupBy === undefined ? {} : { groupBy }),
  });
  return { ...found, ...answer(queried.view, started) };
};
