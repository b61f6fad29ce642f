/** Calls to external endpoints, under the operator's allow-list, limits and a circuit breaker. */
export { isPublicAddress } from "./addresses.ts";
export { createBreaker, type Breaker } from "./breaker.ts";
export { readAllowedHosts, type AllowedHosts } from "./hosts.ts";
export { createRemotes, type Endpoint, type Remote, type Remotes } from "./remote.ts";
export { RemoteFailure } from "./request.ts";
