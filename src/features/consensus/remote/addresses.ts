import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Global unicast (RFC 4291, section 2.4): other IPv6 addresses are unassigned or special. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address is reached over the public Internet: no private, special, multicast or reserved one, and none that
 * wraps an IPv4 address (mapped, NAT64, 6to4, Teredo). Text that is not an address is not public.
 *
 * @example
 * isPublicAddress("93.184.215.14"); // true
 * isPublicAddress("::ffff:10.0.0.1"); // false
 */
export const isPublicAddress = (address: string): boolean => {
  // isIP takes the usual notation alone; ipaddr.js takes octal and hexadecimal ones too.
  if (isIP(address) === 0 || address.includes("%")) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(GLOBAL_UNICAST);
};
