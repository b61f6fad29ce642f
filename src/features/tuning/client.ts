import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { TuneRequestBody, TuningBody } from "./api.ts";

export type { TuneRequestBody, TuningBody } from "./api.ts";

export interface TuningClient {
  /** Starts a job that searches for better settings on the collection's own anchors. */
  tune(request?: TuneRequestBody, options?: CallOptions): Promise<JobBody>;
  /** The latest finished tuning. */
  getTuning(options?: CallOptions): Promise<TuningBody>;
}

export const createTuningClient = ({ json, post }: Transport, path: string): TuningClient => ({
  tune: (request = {}, options) => post(`${path}/tune`, request, options),
  getTuning: (options) => json("GET", `${path}/tune`, options),
});
