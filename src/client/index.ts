/** The typed client of the HTTP interface: fetch and types, nothing of the server. */
export { createClient, imageOf } from "./client.ts";
export type { AdaptersClient, GenerateEvent } from "./adapters.ts";
export type { AnchorageClient, CollectionClient, ListOptions, ReadOptions } from "./client.ts";
export type { ConsensusEvent } from "./consensus-stream.ts";
export { AnchorageApiError } from "./errors.ts";
export type { CallOptions, ClientOptions } from "./transport.ts";
export type * from "../http/index.ts";
