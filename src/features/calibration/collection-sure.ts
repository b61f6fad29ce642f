import type { ClassifyAnswer, ClassifyRequest } from "../../api/queries.ts";
import type { Calibrations } from "./collection-calibrations.ts";
import type { SureRequest } from "./collection-calibration-types.ts";
import { DEFAULT_TOP, type Queried } from "../../collections/question.ts";

type Classify = (queried: Queried, request: ClassifyRequest) => Promise<ClassifyAnswer>;

/**
 * Classifies by `classify` and tells how sure it is, where the request asks for that. Every class is scored for it,
 * for probabilities are of all of them, whatever `top` is.
 */
export const classifySurely =
  ({ find }: Calibrations, classify: Classify) =>
  async (
    queried: Queried,
    { probabilities, abstain, conformal, ...request }: ClassifyRequest & SureRequest,
  ): Promise<ClassifyAnswer> => {
    const asked = {
      ...(probabilities === undefined ? {} : { probabilities }),
      ...(abstain === undefined ? {} : { abstain }),
      ...(conformal === undefined ? {} : { conformal }),
    };
    const sure = await find(queried, { ...request, ...asked });
    if (sure === undefined) return classify(queried, request);
    const { top = DEFAULT_TOP, classes } = request;
    const { results, ...rest } = await classify(queried, { ...request, top: classes.length });
    return {
      results: results.map(({ classes: ranked, ...result }) => {
        const judged = sure.judge(ranked);
        return { ...judged, classes: judged.classes.slice(0, top), ...result };
      }),
      calibration: sure.used,
      ...rest,
    };
  };
