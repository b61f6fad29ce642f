import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { EvaluateRequestBody, EvaluationBody } from "./api.ts";

export type { EvaluateRequestBody, EvaluationBody } from "./api.ts";

export interface EvaluationClient {
  /** Starts a job that measures how right the collection's answers are on its own anchors. */
  evaluate(request?: EvaluateRequestBody, options?: CallOptions): Promise<JobBody>;
  /** The latest one since the service started. */
  getEvaluation(options?: CallOptions): Promise<EvaluationBody>;
}

export const createEvaluationClient = ({ json, post }: Transport, path: string): EvaluationClient => ({
  evaluate: (request = {}, options) => post(`${path}/evaluate`, request, options),
  getEvaluation: (options) => json("GET", `${path}/evaluate`, options),
});
