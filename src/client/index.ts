/** The typed client of the HTTP interface: fetch and types, nothing of the server. */
export { createClient, imageOf } from "./client.ts";
export type { AdaptersClient, GenerateEvent } from "../features/epalm/client.ts";
export type { AnchorageClient, CollectionClient, ListOptions, ReadOptions } from "./client.ts";
export type { ConsensusEvent } from "../features/consensus/client.ts";
export { AnchorageApiError } from "./errors.ts";
export type { CallOptions, ClientOptions } from "./transport.ts";
export type * from "../http/index.ts";
