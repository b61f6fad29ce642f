import { isIP } from "node:net";
import { join, resolve } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { AnchorageError } from "./errors.ts";

const LOCALHOST = /^(?:[a-z0-9-]+\.)*localhost$/i;

/**
 * Whether an address or a name (without a port) is reached from this machine alone.
 *
 * @param host IPv6 addresses with or without brackets
 * @example
 * isLoopback("127.0.0.1"); // true
 * isLoopback("[::1]"); // true
 * isLoopback("0.0.0.0"); // false
 */
export const isLoopback = (host: string): boolean => {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  // isIP takes the usual notation alone; ipaddr.js takes octal and hexadecimal ones too.
  return isIP(address) === 0 ? LOCALHOST.test(host) : ipaddr.parse(address).range() === "loopback";
};

/** Each a name or an address, IPv6 in brackets, with a port or for the usual one. */
const HOSTS = /^\s*(?:(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?(?:[\s,]+|$))*$/i;

const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};

const settings = z
  .object({
    /** TCP port; 0 picks a free one. */
    PORT: wholeNumber(0, 65_535).default(8080),
    HOST: z.string().min(1).default("127.0.0.1"),
    /** Embedded Postgres, imported encoders, caches. */
    DATA_DIR: z.string().min(1).default("./data"),
    /** Another Postgres in place of the embedded one, such as postgres://user:password@host/database. */
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must start with postgres:// or postgresql://")
      .optional(),
    /** Sent by clients as `Authorization: Bearer ...`; at least 16 characters. */
    API_KEY: z.string().min(16, "must be at least 16 characters long").optional(),
    /** `off` starts without the sample collection. */
    SAMPLE: z.enum(["on", "off"], { error: "must be on or off" }).default("on"),
    /** The largest request body, in MiB. NDJSON streams are not bound by it. */
    BODY_LIMIT_MIB: wholeNumber(1, 2_048).default(64),
    /** Classification methods of the operator's own: `NAME=FILE` or `NAME=URL`, separated by commas. */
    CLASSIFICATION_METHODS: z.string().default(""),
    /** Where a consensus may ask endpoints of others: hosts or host:port, separated by commas. None where absent. */
    CONSENSUS_HTTP_HOSTS: z
      .string()
      .regex(HOSTS, "must be hosts or host:port, separated by commas")
      .default(""),
    /** Set by npm for what it runs. */
    npm_lifecycle_event: z.string().optional(),
  })
  .superRefine((value, context) => {
    if (!isLoopback(value.HOST) && value.API_KEY === undefined) {
      context.addIssue({
        code: "custom",
        path: ["API_KEY"],
        message: `is required where HOST (${value.HOST}) is not loopback`,
      });
    }
  });

/** Every setting of the service, parsed once. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly apiKey: string | null;
  readonly sample: boolean;
  readonly bodyLimitBytes: number;
  /** As the operator wrote it. */
  readonly consensusHttpHosts: string;
  /** `NAME=FILE` or `NAME=URL` of each classification method that is plugged in. */
  readonly classificationMethods: string;
  readonly underNpm: boolean;
}

/**
 * Reads the settings from `environment` (an empty string counts as absent).
 *
 * @throws AnchorageError `invalid-input` that names every setting that is wrong.
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      path: issue.path.join("."),
      message: issue.message,
    }));
    throw new AnchorageError("invalid-input", faults.map((f) => `${f.path}: ${f.message}`).join("; "), {
      faults,
    });
  }
  const value = parsed.data;
  return {
    port: value.PORT,
    host: value.HOST,
    dataDir: resolve(value.DATA_DIR),
    databaseUrl: value.DATABASE_URL ?? null,
    apiKey: value.API_KEY ?? null,
    sample: value.SAMPLE === "on",
    bodyLimitBytes: Math.round(value.BODY_LIMIT_MIB * 1024 * 1024),
    consensusHttpHosts: value.CONSENSUS_HTTP_HOSTS,
    classificationMethods: value.CLASSIFICATION_METHODS,
    underNpm: value.npm_lifecycle_event !== undefined,
  };
};

/** Where a user puts encoders of their own, beside the default ones. */
export const encoderDirectory = (dataDir: string): string => join(dataDir, "encoders");

/** Where the networks are made of which several encoders are cuts. */
export const networkDirectory = (dataDir: string): string => join(dataDir, "networks");

/** Where language models of the OPT kind lie, a folder each. */
export const decoderDirectory = (dataDir: string): string => join(dataDir, "decoders");
