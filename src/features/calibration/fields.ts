import type { ClassifyFields } from "../../api/classify-fields.ts";
import type { ClassifyHook } from "../../collections/index.ts";
import { DEFAULT_TOP } from "../../collections/question.ts";
import { asksSure, readSure, sureAnswer, sureRanked, sureRequest, sureResult } from "./api.ts";
import type { Calibrations } from "./calibrations.ts";

/** Images times classes whose probabilities are told: every class of every image is ranked for them. */
const MAX_PROBABILITIES = 1_000_000;

const tooMany = `images times classes must be at most ${MAX_PROBABILITIES} where probabilities are asked for`;

/** `probabilities`, `abstain` and `conformal` of classifications, and what they add to answers. */
export const sureFields: ClassifyFields = {
  request: sureRequest,
  check: (request, context) => {
    const { images, classes } = request;
    if (images.length * classes.length > MAX_PROBABILITIES && asksSure(readSure(request)))
      context.addIssue({ code: "custom", path: ["classes"], message: tooMany });
  },
  ranked: sureRanked,
  result: sureResult,
  answer: sureAnswer,
};

/**
 * Adds to classifications how sure they are, where the request asks for it. Every class is scored then, whatever `top`
 * is, because the probabilities of all classes add up to 1.
 */
export const classifySurely = ({ find }: Calibrations): ClassifyHook => ({
  fields: Object.keys(sureRequest),
  step: async (queried, request, next) => {
    const sure = await find(queried, request, readSure(request));
    if (sure === undefined) return next(request);
    const { top = DEFAULT_TOP, classes } = request;
    const { results, ...rest } = await next({ ...request, top: classes.length });
    const judged = results.map((result) => {
      const judgement = sure.judge(result.classes);
      const likely = judgement.classes.map((entry, i) => ({ ...result.classes[i], ...entry }));
      return { ...result, ...judgement, classes: likely.slice(0, top) };
    });
    // Not returned at once: the core's answer has no field `calibration`, but may hold those of features.
    const answer = { ...rest, results: judged, calibration: sure.used };
    return answer;
  },
});
