/** What scripts stand on: Anchorage over HTTP or in this process. */
export { openApplication } from "./open.ts";
export type { Application } from "./types.ts";
