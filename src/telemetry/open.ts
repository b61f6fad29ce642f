import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Tracer as OtelTracer,
} from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TelemetrySettings } from "../config.ts";
import { isAnchorageError } from "../errors.ts";
import type { MetricSeries } from "../http/index.ts";
import { useTracer, type SpanStart, type Tracer } from "../tracing.ts";
import { createMetricProducer } from "./metric-producer.ts";

const require = createRequire(import.meta.url);
const { version: VERSION } = require("../../package.json") as { readonly version: string };

const CLOSE_WITHIN_MS = 2_000;

/** Traces and metrics on their way to a collector. */
export interface Telemetry {
  /** Sends what is left and ends, within two seconds. */
  readonly close: () => Promise<void>;
}

/** As `startTelemetry`; the only module that loads OpenTelemetry's packages. */
export const openTelemetry = (
  { endpoint, sampled, metricsEveryMs }: TelemetrySettings,
  readMetrics: () => Promise<readonly MetricSeries[]>,
): Telemetry => {
  const base = endpoint.replace(/\/+$/, "");
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "anchorage", "service.version": VERSION }))
    .merge(detectResources({ detectors: [envDetector] }));
  const spans = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampled) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${base}/v1/traces` }) }),
    ],
  });
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${base}/v1/metrics` }),
        exportIntervalMillis: metricsEveryMs,
        metricProducers: [createMetricProducer(resource, readMetrics)],
      }),
    ],
  });
  useTracer(createTracer(spans.getTracer("anchorage", VERSION)));
  return {
    close: async () => {
      useTracer(null);
      const closed = Promise.allSettled([spans.shutdown(), metrics.shutdown()]);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_WITHIN_MS)));
      await Promise.race([closed, late]);
      clearTimeout(timer);
    },
  };
};

const createTracer = (otel: OtelTracer): Tracer => {
  const current = new AsyncLocalStorage<Context>();
  return {
    run: async (start, work) => {
      const parent = current.getStore() ?? parentOf(start);
      const { name, attributes = {}, request } = start;
      const kind = request === undefined ? SpanKind.INTERNAL : SpanKind.SERVER;
      const span = otel.startSpan(name, { kind, attributes }, parent);
      try {
        return await current.run(trace.setSpan(parent, span), () =>
          work((noted) => {
            const { "span.name": named, ...rest } = noted;
            if (typeof named === "string") span.updateName(named);
            span.setAttributes(rest);
          }),
        );
      } catch (error) {
        // A domain error's message may quote what the caller sent.
        const type = isAnchorageError(error) ? error.code : "defect";
        span.setAttributes({ "error.type": type });
        span.setStatus({ code: SpanStatusCode.ERROR, message: type });
        throw error;
      } finally {
        span.end();
      }
    },
  };
};

/** The caller's span, as the W3C's Trace Context names it. */
const parentOf = ({ request }: SpanStart): Context => {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(request?.traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags ?? "0", 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
};
