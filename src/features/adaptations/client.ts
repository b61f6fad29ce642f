import { segment } from "../../client/paths.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { AdaptationBody, AdaptationRequestBody } from "./api.ts";

export type { AdaptationBody, AdaptationRequestBody } from "./api.ts";

export interface AdaptationsClient {
  /** Aligns images in another style with the anchors; then queries may name it as their `adaptation`. */
  createAdaptation(request: AdaptationRequestBody, options?: CallOptions): Promise<AdaptationBody>;
  listAdaptations(options?: CallOptions): Promise<readonly AdaptationBody[]>;
  getAdaptation(id: string, options?: CallOptions): Promise<AdaptationBody>;
  deleteAdaptation(id: string, options?: CallOptions): Promise<void>;
}

export const createAdaptationsClient = (
  { json, post, send }: Transport,
  path: string,
): AdaptationsClient => ({
  createAdaptation: (request, options) => post(`${path}/adaptations`, request, options),
  listAdaptations: async (options) =>
    (await json<{ adaptations: readonly AdaptationBody[] }>("GET", `${path}/adaptations`, options))
      .adaptations,
  getAdaptation: (id, options) => json("GET", `${path}/adaptations/${segment(id)}`, options),
  deleteAdaptation: async (id, options) => {
    await send("DELETE", `${path}/adaptations/${segment(id)}`, options);
  },
});
