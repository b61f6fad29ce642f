import ipaddr from "ipaddr.js";
import type { RequestHead } from "./request-head.ts";

/** Longest name of a person that is taken over. */
const MAX_USER = 200;

/**
 * Reads the name of the person behind a request from a header that a trusted proxy sets. Any other peer's header is
 * ignored.
 *
 * @param proxies addresses, or networks such as `10.0.0.0/8`
 * @param header the header's name; null: no person is ever named
 *
 * @example
 * ```ts
 * const userOf = userHeader(["10.0.0.2"], "X-Forwarded-User");
 * ```
 */
export const userHeader = (
  proxies: readonly string[],
  header: string | null,
): ((head: RequestHead) => string | null) => {
  if (header === null) return () => null;
  const networks = proxies.map(networkOf);
  const name = header.toLowerCase();
  return (head) => {
    const user = head.header(name)?.trim() ?? "";
    if (user === "" || !isTrusted(head.peer(), networks)) return null;
    return user.slice(0, MAX_USER);
  };
};

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** A network of `10.0.0.0/8`, or of one address alone. */
export const networkOf = (text: string): Network =>
  text.includes("/") ? ipaddr.parseCIDR(text) : wholeAddress(text);

const wholeAddress = (text: string): Network => {
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
};

const isTrusted = (peer: string | undefined, networks: readonly Network[]): boolean => {
  if (peer === undefined || !ipaddr.isValid(peer)) return false;
  // Node shows an IPv4 peer of a socket for both families as ::ffff:10.0.0.2.
  const address = ipaddr.process(peer);
  return networks.some(
    ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
  );
};
