import type { CallOptions, Transport } from "../../client/transport.ts";
import type { InfluenceAnswerBody, InfluenceRequestBody } from "./api.ts";

export type { InfluenceAnswerBody, InfluenceRequestBody } from "./api.ts";

export interface InfluenceClient {
  /** Which anchors change the most answers when they are taken away, one at a time. */
  influence(request: InfluenceRequestBody, options?: CallOptions): Promise<InfluenceAnswerBody>;
}

export const createInfluenceClient = ({ post }: Transport, path: string): InfluenceClient => ({
  influence: (request, options) => post(`${path}/influence`, request, options),
});
