import type { CallOptions, Transport } from "../../client/transport.ts";
import type { CounterfactualAnswerBody, CounterfactualRequestBody } from "./api.ts";

export type { CounterfactualAnswerBody, CounterfactualRequestBody } from "./api.ts";

export interface CounterfactualClient {
  /** Classifies as if some anchors were absent or others present. Nothing is written. */
  counterfactual(
    request: CounterfactualRequestBody,
    options?: CallOptions,
  ): Promise<CounterfactualAnswerBody>;
}

export const createCounterfactualClient = ({ query }: Transport, path: string): CounterfactualClient => ({
  counterfactual: (request, options) => query(`${path}/counterfactual`, request, options),
});
