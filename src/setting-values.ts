import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";

/** A list of names or addresses (IPv6 in brackets), each with an optional port. */
export const HOSTS =
  /^\s*(?:(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?(?:[\s,]+|$))*$/i;

/** The parts of a list, in lower case. */
export const splitList = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((part) => part !== "");

/** A list whose parts are all valid. */
export const listOf = (valid: (part: string) => boolean, message: string) =>
  z
    .string()
    .default("")
    .transform(splitList)
    .refine((parts) => parts.every(valid), message);

/** Whether a text is an origin as browsers send it: no path, no slash at the end. */
export const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

/** Whether a text is an address or a network such as `10.0.0.0/8`. */
export const isNetwork = (text: string): boolean =>
  text.includes("/") ? ipaddr.isValidCIDR(text) : isIP(text) !== 0;

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `30m`, `12h` or `7d`; null for `off`, and 0 for anything else. */
export const durationOf = (text: string): number | null => {
  if (text === "off") return null;
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  return unit === "m" || unit === "h" || unit === "d" ? Number(count) * UNITS_MS[unit] : 0;
};

const MEMORY_UNITS = { MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Bytes of `512MiB` or `2GiB`; NaN for anything else. */
export const memorySize = (text: string): number => {
  const [, count, unit] = /^(\d{1,6})(MiB|GiB)$/.exec(text) ?? [];
  return unit === "MiB" || unit === "GiB" ? Number(count) * MEMORY_UNITS[unit] : NaN;
};

/** A setting that is a whole number within bounds. */
export const countWithin = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};
