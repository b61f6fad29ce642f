import type { TelemetrySettings } from "../config.ts";
import { AnchorageError, messageOf } from "../errors.ts";
import type { MetricSeries } from "../http/index.ts";
import type { Telemetry } from "./open.ts";

export type { Telemetry } from "./open.ts";

/** Optional peers: 28 MB that a service without a collector does not need. These versions share what they depend on. */
const PACKAGES = [
  "@opentelemetry/api@1.9.1",
  "@opentelemetry/resources@2.12.0",
  "@opentelemetry/sdk-trace@2.12.0",
  "@opentelemetry/sdk-metrics@2.12.0",
  "@opentelemetry/exporter-trace-otlp-http@0.223.0",
  "@opentelemetry/exporter-metrics-otlp-http@0.223.0",
];

/**
 * Sends spans and the metrics of `/metrics` to the collector at `settings.endpoint`, by OTLP as JSON over HTTP.
 *
 * @param readMetrics the metrics of `/metrics`
 * @throws AnchorageError `unavailable` where OpenTelemetry's packages are not installed, with the command that installs them
 * @example
 * ```ts
 * const settings = { endpoint: "http://127.0.0.1:4318", sampled: 1, metricsEveryMs: 60_000 };
 * const telemetry = await startTelemetry(settings, metrics.series);
 * await telemetry.close();
 * ```
 */
export const startTelemetry = async (
  settings: TelemetrySettings,
  readMetrics: () => Promise<readonly MetricSeries[]>,
): Promise<Telemetry> => {
  const { openTelemetry } = await import("./open.ts").catch((error: unknown) => {
    throw new AnchorageError(
      "unavailable",
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed (${messageOf(error).split("\n")[0]}): ` +
        `npm install ${PACKAGES.join(" ")}`,
      { cause: error },
    );
  });
  return openTelemetry(settings, readMetrics);
};
