import type { CollectionBody, CollectionListBody, CollectionSpecBody } from "../api/collections.ts";
import type { ServiceReceiptPageBody } from "../api/receipts.ts";
import type { AboutBody, EncoderListBody, JobBody, JobListBody, ReadinessBody } from "../api/service.ts";
import type { CoreCollectionClient } from "./collection.ts";
import { segment } from "./paths.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { waitForJob, type WaitOptions } from "./wait-for-job.ts";

/** Collections, encoders and jobs. */
export interface CoreClient {
  createCollection(spec: CollectionSpecBody, options?: CallOptions): Promise<CollectionBody>;
  listCollections(options?: CallOptions): Promise<CollectionListBody["collections"]>;
  listEncoders(options?: CallOptions): Promise<EncoderListBody["encoders"]>;
  listJobs(options?: CallOptions): Promise<JobListBody["jobs"]>;
  getJob(id: string, options?: CallOptions): Promise<JobBody>;
  /** Cancels a job and waits until it has ended. */
  cancelJob(id: string, options?: CallOptions): Promise<JobBody>;
  /**
   * Waits until a job is done. If the signal aborts, the job is cancelled.
   *
   * @throws AnchorageError `cancelled` if the signal aborts, `unprocessable` if the job ends in another state than
   * `done`
   *
   * @example
   * ```ts
   * const job = await client.collection("birds").tune();
   * await client.waitForJob(job, { onProgress: ({ done, total }) => console.log(`${done} of ${total}`) });
   * ```
   */
  waitForJob(job: JobBody, options?: WaitOptions): Promise<JobBody>;
  /** The receipts of deleted collections in the order of their chain, page by page. */
  listServiceReceipts(
    options?: CallOptions,
  ): AsyncGenerator<ServiceReceiptPageBody["receipts"][number], void>;
  /** What the service is, and its version. */
  about(options?: CallOptions): Promise<AboutBody>;
  /** Figures of the service in Prometheus's text format. */
  metrics(options?: CallOptions): Promise<string>;
  /** @throws UnavailableError while indexes are loading */
  ready(options?: CallOptions): Promise<ReadinessBody>;
}

/** The client of every endpoint of the core. */
export interface CollectionsClient extends CoreClient {
  /** The endpoints of one collection; no request is sent yet. */
  collection(name: string): CoreCollectionClient;
}

export const createCoreClient = ({ json, post, send }: Transport): CoreClient => {
  const getJob: CoreClient["getJob"] = async (id, options) => json("GET", `/v1/jobs/${segment(id)}`, options);
  const cancelJob: CoreClient["cancelJob"] = async (id, options) =>
    json("DELETE", `/v1/jobs/${segment(id)}`, options);
  return {
    createCollection: (spec, options) => post("/v1/collections", spec, options),
    listCollections: async (options) =>
      (await json<CollectionListBody>("GET", "/v1/collections", options)).collections,
    listEncoders: async (options) => (await json<EncoderListBody>("GET", "/v1/encoders", options)).encoders,
    listJobs: async (options) => (await json<JobListBody>("GET", "/v1/jobs", options)).jobs,
    getJob,
    cancelJob,
    waitForJob: (job, options) => waitForJob({ getJob, cancelJob }, job, options),
    listServiceReceipts: async function* (options = {}) {
      let cursor: string | undefined;
      do {
        const page: ServiceReceiptPageBody = await json("GET", "/v1/receipts", {
          ...options,
          query: { cursor },
        });
        yield* page.receipts;
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
    },
    about: (options) => json("GET", "/", options),
    metrics: async (options) =>
      (await send("GET", "/metrics", { ...options, accept: "text/plain, application/problem+json" })).text(),
    ready: (options) => json("GET", "/readyz", { ...options, repeatable: false }),
  };
};
