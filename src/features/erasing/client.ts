import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { EraseRequestBody, ErasureReportListBody, SignedReportBody, SigningKeyBody } from "./api.ts";

export type { EraseRequestBody, ErasureReportBody, SignedReportBody, SigningKeyBody } from "./api.ts";

export interface ErasingClient {
  /** Starts a job that deletes anchors, erases their bytes and keeps a signed report under the job's id. */
  erase(request: EraseRequestBody, options?: CallOptions): Promise<JobBody>;
  listErasureReports(options?: CallOptions): Promise<ErasureReportListBody["reports"]>;
  /** The signed report of the erasure by that job. */
  getErasureReport(id: string, options?: CallOptions): Promise<SignedReportBody>;
  /** The same as one HTML page that holds the JSON. */
  getErasureReportHtml(id: string, options?: CallOptions): Promise<string>;
}

/** The client of the service's own part of erasing. */
export interface SigningClient {
  /** The public key that reports are signed with. */
  getSigningKey(options?: CallOptions): Promise<SigningKeyBody>;
}

export const createErasingClient = ({ json, post, send }: Transport, path: string): ErasingClient => ({
  erase: (request, options) => post(`${path}/erase`, request, options),
  listErasureReports: async (options) =>
    (await json<ErasureReportListBody>("GET", `${path}/erasure-reports`, options)).reports,
  getErasureReport: (id, options) =>
    json("GET", `${path}/erasure-reports/${encodeURIComponent(id)}`, options),
  getErasureReportHtml: async (id, options) =>
    (
      await send("GET", `${path}/erasure-reports/${encodeURIComponent(id)}/html`, {
        ...options,
        accept: "text/html",
      })
    ).text(),
});

export const createSigningClient = ({ json }: Transport): SigningClient => ({
  getSigningKey: (options) => json("GET", "/v1/signing-key", options),
});
