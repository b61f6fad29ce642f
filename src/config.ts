import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { faultsOfIssues, faultyFields, invalidField, messageOf } from "./errors.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";
import {
  countWithin,
  durationOf,
  HOSTS,
  isNetwork,
  isOrigin,
  listOf,
  memorySize,
  splitList,
} from "./setting-values.ts";

const LOCALHOST = /^(?:[a-z0-9-]+\.)*localhost$/i;

/**
 * Whether a host is reachable from this machine only.
 *
 * @param host an IP address or a name without a port; IPv6 with or without brackets
 * @example
 * ```ts
 * isLoopback("127.0.0.1"); // true
 * isLoopback("[::1]"); // true
 * isLoopback("0.0.0.0"); // false
 * ```
 */
export const isLoopback = (host: string): boolean => {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  // isIP accepts only the usual notation, whereas ipaddr.js also accepts octal and hexadecimal.
  return isIP(address) === 0 ? LOCALHOST.test(host) : ipaddr.parse(address).range() === "loopback";
};

const settings = z
  .object({
    /** TCP port; 0 picks a free one. */
    PORT: countWithin(0, 65_535).default(8080),
    HOST: z.string().min(1).default("127.0.0.1"),
    /** Directory of embedded Postgres, imported encoders and caches. */
    DATA_DIR: z.string().min(1).default("./data"),
    /** Connects to an external Postgres instead of the embedded one, e.g. postgres://user:password@host/database. */
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must start with postgres:// or postgresql://")
      .optional(),
    /** Clients send it as `Authorization: Bearer ...`; at least 16 characters. */
    API_KEY: z
      .string()
      .min(16, "must be at least 16 characters long")
      // Another key could not be sent in the header.
      .regex(/^[\x21-\x7e]*$/, "must be of ASCII letters, digits and signs, without spaces")
      .optional(),
    /** Files that hold the values of API_KEY and DATABASE_URL; they are read before the settings are checked. */
    API_KEY_FILE: z.string().optional(),
    DATABASE_URL_FILE: z.string().optional(),
    /** The running service that commands use in place of DATA_DIR. */
    ANCHORAGE_URL: z
      .url({ protocol: /^https?$/, error: "must be an address such as http://127.0.0.1:8080" })
      .optional(),
    /** The key that commands send; where it is not set, they send API_KEY. */
    ANCHORAGE_API_KEY: z
      .string()
      .regex(/^[\x21-\x7e]+$/, "must be of ASCII letters, digits and signs")
      .optional(),
    ANCHORAGE_API_KEY_FILE: z.string().optional(),
    /** Pages of other origins that may use the service, such as `https://app.example`, separated by commas. */
    ALLOWED_ORIGINS: listOf(
      (text) => isOrigin(text),
      "must be origins such as https://app.example, separated by commas",
    ),
    /** Names by which a proxy on this machine passes requests on to a service on loopback. */
    PUBLIC_HOSTS: z
      .string()
      .regex(HOSTS, "must be hosts or host:port, separated by commas")
      .default("")
      .transform(splitList),
    /** Addresses or networks of proxies whose USER_HEADER is believed. */
    TRUSTED_PROXY: listOf(
      (text) => isNetwork(text),
      "must be addresses or networks such as 10.0.0.0/8, separated by commas",
    ),
    /** The header by which a trusted proxy names the person. */
    USER_HEADER: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, "must be the name of a header")
      .optional(),
    /** `off` asks for a key before the page, the documentation and the OpenAPI document as well. */
    OPEN_DOCS: z.enum(["on", "off"], { error: "must be on or off" }).default("on"),
    /** How long what was deleted may stay in files and memory before it is erased; `off`: until someone compacts. */
    ERASE_WITHIN: z
      .string()
      .default("7d")
      .transform((text) => durationOf(text))
      .refine((ms) => ms === null || ms > 0, "must be a time such as 12h or 7d, or off"),
    /** What the process may use of memory, beside the limit of its container. */
    MEMORY_LIMIT: z
      .string()
      .transform(memorySize)
      .refine((bytes) => bytes > 0, "must be a size such as 512MiB or 2GiB")
      .optional(),
    /** Where traces and metrics are sent by OTLP over HTTP; absent: nowhere. */
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url({ protocol: /^https?$/, error: "must be a URL such as http://127.0.0.1:4318" })
      .optional(),
    /** Share of the traces that begin here and are recorded. */
    OTEL_TRACES_SAMPLER_ARG: z.coerce
      .number({ error: "must be a number from 0 to 1" })
      .min(0, { error: "must be a number from 0 to 1" })
      .max(1, { error: "must be a number from 0 to 1" })
      .default(1),
    /** OpenTelemetry reads these itself. */
    OTEL_SERVICE_NAME: z.string().optional(),
    OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
    OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
    /** Milliseconds between two sendings of metrics. */
    OTEL_METRIC_EXPORT_INTERVAL: countWithin(100, 3_600_000).default(60_000),
    /** `off` starts without the sample collection. */
    SAMPLE: z.enum(["on", "off"], { error: "must be on or off" }).default("on"),
    /** Maximum size of a request body, in MiB. NDJSON streams are exempt. */
    BODY_LIMIT_MIB: countWithin(1, 2_048).default(64),
    /** Largest image that is decoded, in millions of pixels. */
    MAX_MEGAPIXELS: countWithin(1, 4_000).default(200),
    /** Custom classification methods: `NAME=FILE` or `NAME=URL`, separated by commas. */
    CLASSIFICATION_METHODS: z.string().default(""),
    /** External hosts that a consensus may call: host or host:port, separated by commas. Empty (the default): none. */
    CONSENSUS_HTTP_HOSTS: z
      .string()
      .regex(HOSTS, "must be hosts or host:port, separated by commas")
      .default(""),
    /** `json` or `text` lines; absent, `text` on a terminal and under npm, else `json`. */
    LOG_FORMAT: z.enum(["text", "json"], { error: "must be text or json" }).optional(),
    /** The least level that is logged. */
    LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }).default("info"),
    /** npm sets it for the scripts that it runs. */
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
    if ((value.USER_HEADER === undefined) !== (value.TRUSTED_PROXY.length === 0)) {
      context.addIssue({
        code: "custom",
        path: [value.USER_HEADER === undefined ? "USER_HEADER" : "TRUSTED_PROXY"],
        message: "is required: TRUSTED_PROXY and USER_HEADER go together",
      });
    }
  });

/** Where spans and metrics go. */
export interface TelemetrySettings {
  /** Base URL of the collector; `/v1/traces` and `/v1/metrics` are added to it. */
  readonly endpoint: string;
  /** Share of the traces that begin here and are recorded, 0 to 1. */
  readonly sampled: number;
  /** Milliseconds between two sendings of metrics. */
  readonly metricsEveryMs: number;
}

/** All settings of the service, validated. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Absolute path. */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly apiKey: string | null;
  /** The running service that commands use; null: they use DATA_DIR. */
  readonly url: string | null;
  /** The key that commands send to a service. */
  readonly clientKey: string | null;
  /** Origins whose pages may use the service. */
  readonly allowedOrigins: readonly string[];
  /** Names that a service on loopback answers to as well. */
  readonly publicHosts: readonly string[];
  /** Addresses and networks of the proxies that are believed about the person. */
  readonly trustedProxy: readonly string[];
  /** Where a trusted proxy names the person. */
  readonly userHeader: string | null;
  /** Whether the page and the documentation need no key. */
  readonly openDocs: boolean;
  /** Milliseconds after which what was deleted is erased; null: never of itself. */
  readonly eraseWithinMs: number | null;
  /** Bytes of memory that the process may use; null: what its container and the machine allow. */
  readonly memoryLimit: number | null;
  /** Where spans and metrics are sent; null: nowhere. */
  readonly telemetry: TelemetrySettings | null;
  readonly sample: boolean;
  readonly bodyLimitBytes: number;
  /** Of the largest image that is decoded. */
  readonly maxPixels: number;
  /** Unparsed, as set by the operator. */
  readonly consensusHttpHosts: string;
  /** Unparsed list of `NAME=FILE` or `NAME=URL`, one for each custom classification method. */
  readonly classificationMethods: string;
  /** As the operator chose it; null where the terminal decides. */
  readonly logFormat: "text" | "json" | null;
  readonly logLevel: LogLevel;
  readonly underNpm: boolean;
}

/**
 * Reads the settings from environment variables. An empty string counts as not set.
 *
 * @throws AnchorageError `invalid-input` that lists every invalid setting
 * @example
 * ```ts
 * const { port, dataDir } = readConfig(process.env);
 * ```
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const given = withSecretFiles(
    Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== "")),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw faultyFields(faultsOfIssues(parsed.error.issues));
  }
  const value = parsed.data;
  return {
    port: value.PORT,
    host: value.HOST,
    dataDir: resolve(value.DATA_DIR),
    databaseUrl: value.DATABASE_URL ?? null,
    apiKey: value.API_KEY ?? null,
    url: value.ANCHORAGE_URL ?? null,
    clientKey: value.ANCHORAGE_API_KEY ?? value.API_KEY ?? null,
    allowedOrigins: value.ALLOWED_ORIGINS,
    publicHosts: value.PUBLIC_HOSTS,
    trustedProxy: value.TRUSTED_PROXY,
    userHeader: value.USER_HEADER ?? null,
    openDocs: value.OPEN_DOCS === "on",
    eraseWithinMs: value.ERASE_WITHIN,
    memoryLimit: value.MEMORY_LIMIT ?? null,
    telemetry:
      value.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : {
            endpoint: value.OTEL_EXPORTER_OTLP_ENDPOINT,
            sampled: value.OTEL_TRACES_SAMPLER_ARG,
            metricsEveryMs: value.OTEL_METRIC_EXPORT_INTERVAL,
          },
    sample: value.SAMPLE === "on",
    bodyLimitBytes: Math.round(value.BODY_LIMIT_MIB * 1024 * 1024),
    maxPixels: value.MAX_MEGAPIXELS * 1_000_000,
    consensusHttpHosts: value.CONSENSUS_HTTP_HOSTS,
    classificationMethods: value.CLASSIFICATION_METHODS,
    logFormat: value.LOG_FORMAT ?? null,
    logLevel: value.LOG_LEVEL,
    underNpm: value.npm_lifecycle_event !== undefined,
  };
};

/** Settings that may be kept in a file, as container platforms hand secrets over: `API_KEY_FILE` names one. */
const SECRETS = ["API_KEY", "DATABASE_URL", "ANCHORAGE_API_KEY"] as const;

/** @throws AnchorageError `invalid-input` for a file that cannot be read, and for a setting that is given both ways */
const withSecretFiles = (
  given: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> => {
  const settings = { ...given };
  for (const name of SECRETS) {
    const file = given[`${name}_FILE`];
    if (file === undefined) continue;
    if (given[name] !== undefined)
      throw invalidField([`${name}_FILE`], `and ${name} are both set; one of them must go`);
    try {
      settings[name] = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      throw invalidField([`${name}_FILE`], `cannot be read: ${messageOf(error)}`);
    }
    if (settings[name] === "") throw invalidField([`${name}_FILE`], `names an empty file, ${file}`);
  }
  return settings;
};

/** Directory where users place their own encoders, beside the default ones. */
export const encoderDirectory = (dataDir: string): string => join(dataDir, "encoders");

/** Directory of the networks that several encoders share, each truncated at a different layer. */
export const networkDirectory = (dataDir: string): string => join(dataDir, "networks");

/** Directory of language models of the OPT architecture, one subdirectory each. */
export const decoderDirectory = (dataDir: string): string => join(dataDir, "decoders");
