import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { z } from "@hono/zod-openapi";
import type { ClassifyAnswerBody, ClassifyRequestBody } from "../../api/queries.ts";
import type {
  CalibrateRequestBody,
  CalibrationBody,
  sureAnswer,
  sureRanked,
  sureRequest,
  sureResult,
} from "./api.ts";

export type { CalibrateRequestBody, CalibrationBody } from "./api.ts";

type Fields<Shape extends z.ZodRawShape> = z.input<z.ZodObject<Shape>>;
type ResultBody = ClassifyAnswerBody["results"][number];

/** A classification request that can ask for certainty. */
export type SureClassifyRequestBody = ClassifyRequestBody & Fields<typeof sureRequest>;

/** Its answer; fields that were not requested are absent. */
export type SureClassifyAnswerBody = Omit<ClassifyAnswerBody, "results"> &
  Fields<typeof sureAnswer> & {
    readonly results: readonly (Omit<ResultBody, "classes"> &
      Fields<typeof sureResult> & {
        readonly classes: readonly (ResultBody["classes"][number] & Fields<typeof sureRanked>)[];
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
