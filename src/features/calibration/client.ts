import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { CalibrateRequestBody, CalibrationBody } from "./api.ts";

export type { CalibrateRequestBody, CalibrationBody } from "./api.ts";

export interface CalibrationClient {
  /** Starts to measure how sure classifications are; when the job is done they can be asked for probabilities. */
  calibrate(request?: CalibrateRequestBody, options?: CallOptions): Promise<JobBody>;
  listCalibrations(options?: CallOptions): Promise<readonly CalibrationBody[]>;
}

export const createCalibrationClient = ({ json, post }: Transport, path: string): CalibrationClient => ({
  calibrate: (request = {}, options) => post(`${path}/calibrate`, request, options),
  listCalibrations: async (options) =>
    (await json<{ calibrations: readonly CalibrationBody[] }>("GET", `${path}/calibrations`, options))
      .calibrations,
});
