/** The HTTP interface: routes, what they accept, problem+json, OpenAPI and its page. No domain logic. */
export { createApp } from "./app.ts";
export type { AccessPlug, AuditEntry, Caller, Scope } from "./access.ts";
export { readFile, readJsonBody } from "./body.ts";
export { endpoint, jsonBody, jsonEndpoint, problems, readPath, readQuery, type Routes } from "./endpoint.ts";
export { sendEvents } from "./event-stream.ts";
export { createInProcessFetch } from "./in-process.ts";
export { addJobStart, type JobStart } from "./job-start.ts";
export { createListener } from "./listener.ts";
export { createMetrics, type Metrics, type MetricSeries, type MetricValue } from "./metrics.ts";
export { limitPeers, SERVER_OPTIONS } from "./slow-peers.ts";
export { addQuery, type Query } from "./queries.ts";
export type { Problem } from "../api/problem.ts";
