import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { CheckBody, CheckRequestBody } from "./api.ts";

export type { CheckBody, CheckRequestBody, ProblemKind } from "./api.ts";

export interface HealthClient {
  /** Starts a job that looks for what is wrong with the collection's anchors. */
  check(request?: CheckRequestBody, options?: CallOptions): Promise<JobBody>;
  /** What the last check found. */
  getCheck(options?: CallOptions): Promise<CheckBody>;
}

export const createHealthClient = ({ json, post }: Transport, path: string): HealthClient => ({
  check: (request = {}, options) => post(`${path}/check`, request, options),
  getCheck: (options) => json("GET", `${path}/check`, options),
});
