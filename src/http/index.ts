/** The HTTP interface: routes, what they accept, problem+json, OpenAPI and its page. No domain logic. */
export { createApp } from "./app.ts";
export type { Problem } from "./problem.ts";
export type * from "../api/wire.ts";
