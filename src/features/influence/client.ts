import type { CallOptions, Transport } from "../../client/transport.ts";
import type { InfluenceAnswerBody, InfluenceRequestBody } from "./api.ts";

export type { InfluenceAnswerBody, InfluenceRequestBody } from "./api.ts";

export interface InfluenceClient {
  /** The anchors whose removal, one at a time, changes the most answers. */
  influence(request: InfluenceRequestBody, options?: CallOptions): Promise<InfluenceAnswerBody>;
}

export const createInfluenceClient = ({ query }: Transport, path: string): InfluenceClient => ({
  influence: (request, options) => query(`${path}/influence`, request, options),
});
