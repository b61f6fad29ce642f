import { isIP } from "node:net";
import { AnchorageError } from "../../../errors.ts";
import { isPublicAddress } from "./addresses.ts";

/** Where an operator lets the service send proposals. */
export interface AllowedHosts {
  /** `host` or `host:port` as the operator wrote them, lower case. */
  readonly entries: readonly string[];
  /**
   * @returns why a URL may not be called, for its field; undefined if it may
   */
  readonly refusal: (url: URL) => string | undefined;
  /** Whether a connection for a URL may go to an address that its name stands for. */
  readonly mayConnect: (address: string, url: URL) => boolean;
}

const ENTRY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/;
const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * Reads the operator's list: hosts, each with a port or for the usual one, separated by commas or spaces. An address
 * that is not public has to stand in it itself, without a port or with the one that is asked; a name that leads to one
 * does not do.
 *
 * @throws AnchorageError `invalid-input` that names the entry
 */
export const readAllowedHosts = (list: string): AllowedHosts => {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  for (const entry of entries)
    if (!ENTRY.test(entry))
      throw new AnchorageError("invalid-input", `"${entry}" is no host and no host:port`);

  const isListed = (url: URL): boolean => {
    const port = portOf(url);
    const usual = port === PORTS[url.protocol];
    return entries.some((entry) => entry === `${url.hostname}:${port}` || (usual && entry === url.hostname));
  };
  return {
    entries,
    refusal: (url) => {
      if (PORTS[url.protocol] === undefined) return "must start with http:// or https://";
      if (url.username !== "" || url.password !== "") return "must not hold a user name or a password";
      if (!isListed(url))
        return `names a host that is not on the allow-list; the operator sets CONSENSUS_HTTP_HOSTS (${
          entries.length === 0 ? "it is empty" : entries.join(", ")
        })`;
      return undefined;
    },
    mayConnect: (address, url) => {
      const host = isIP(address) === 6 ? `[${address.toLowerCase()}]` : address;
      return isPublicAddress(address) || entries.includes(host) || entries.includes(`${host}:${portOf(url)}`);
    },
  };
};

const portOf = ({ port, protocol }: URL): string | undefined => (port === "" ? PORTS[protocol] : port);
