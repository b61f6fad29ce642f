/** Work that goes on behind the requests. */
export { openJobs } from "./jobs.ts";
export type * from "./types.ts";
