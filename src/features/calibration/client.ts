import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { ClassifyAnswerBody, ClassifyRequestBody } from "../../api/queries.ts";
import type {
  CalibrateRequestBody,
  CalibrationBody,
  SureAnswerFields,
  SureRankedFields,
  SureRequestFields,
  SureResultFields,
} from "./api.ts";

export type { CalibrateRequestBody, CalibrationBody } from "./api.ts";

type ResultBody = ClassifyAnswerBody["results"][number];

/** A classification request that can ask for certainty. */
export type SureClassifyRequestBody = ClassifyRequestBody & SureRequestFields;

/** Its answer; fields that were not requested are absent. */
export type SureClassifyAnswerBody = Omit<ClassifyAnswerBody, "results"> &
  SureAnswerFields & {
    readonly results: readonly (Omit<ResultBody, "classes"> &
      SureResultFields & {
        readonly classes: readonly (ResultBody["classes"][number] & SureRankedFields)[];
      })[];
  };

export interface CalibrationClient {
  /**
   * Starts a job that measures the certainty of classifications. When it is done, requests can ask for probabilities.
   */
  calibrate(request?: CalibrateRequestBody, options?: CallOptions): Promise<JobBody>;
  listCalibrations(options?: CallOptions): Promise<readonly CalibrationBody[]>;
}

export const createCalibrationClient = ({ json, post }: Transport, path: string): CalibrationClient => ({
  calibrate: (request = {}, options) => post(`${path}/calibrate`, request, options),
  listCalibrations: async (options) =>
    (await json<{ calibrations: readonly CalibrationBody[] }>("GET", `${path}/calibrations`, options))
      .calibrations,
});
