import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { ReencodeRequestBody, ReencodingBody } from "./api.ts";

export type { ReencodeRequestBody, ReencodingBody } from "./api.ts";

export interface ReencodingClient {
  /** Starts a job that moves the collection to other encoders; `getReencoding` returns its state. */
  reencode(request: ReencodeRequestBody, options?: CallOptions): Promise<JobBody>;
  getReencoding(options?: CallOptions): Promise<ReencodingBody>;
}

export const createReencodingClient = ({ json, post }: Transport, path: string): ReencodingClient => ({
  reencode: (request, options) => post(`${path}/reencode`, request, options),
  getReencoding: (options) => json("GET", `${path}/reencode`, options),
});
