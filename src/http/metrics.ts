import { listCollections, oldestHidden } from "../store/index.ts";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { isAnchorageError } from "../errors.ts";
import { availableThreads } from "../machine-limits.ts";
import { memoryState } from "../memory-budget.ts";
import type { Core } from "../collections/index.ts";

/** One number of a metric. */
export interface MetricValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Of a histogram: its name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

/** A metric with its present values. */
export interface MetricSeries {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly MetricValue[];
}

/** A request that was answered. */
interface MeasuredRequest {
  readonly method: string;
  /** The pattern and not the path: names and ids would make a series each. */
  readonly route: string;
  readonly status: number;
  /** Time to the answer's head, in seconds. */
  readonly seconds: number;
}

export interface Metrics {
  /** Measures every request; outermost, so that refusals count too. */
  readonly measure: MiddlewareHandler;
  /** Counts a request that the framework did not see. */
  readonly observe: (request: MeasuredRequest) => void;
  readonly contentType: string;
  /** In Prometheus's text format. */
  text(): Promise<string>;
  /** The same for programs. */
  series(): Promise<readonly MetricSeries[]>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const createMetrics = ({
  store,
  encoders: installed,
  collections,
}: Pick<Core, "store" | "encoders" | "collections">): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const durations = new Histogram({
    name: "anchorage_http_request_duration_seconds",
    help: "Time to the answer's head, by method, route and status.",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [registry],
  });
  const anchors = new Gauge({
    name: "anchorage_anchors",
    help: "Anchors of a collection.",
    labelNames: ["collection"],
    registers: [registry],
  });
  const storeUp = new Gauge({
    name: "anchorage_store_up",
    help: "1 where Postgres answers, else 0.",
    registers: [registry],
  });
  const encoders = new Gauge({
    name: "anchorage_encoders",
    help: "Installed encoders of a modality.",
    labelNames: ["modality"],
    registers: [registry],
  });
  const loading = new Gauge({
    name: "anchorage_collections_loading",
    help: "Collections whose indexes have not caught up yet.",
    registers: [registry],
  });

  const hidden = new Gauge({
    name: "anchorage_oldest_hidden_deletion_seconds",
    help: "Age of the oldest deletion of a collection that is not erased yet; 0 where all are.",
    labelNames: ["collection"],
    registers: [registry],
  });

  const memory = new Gauge({
    name: "anchorage_memory_bytes",
    help: "Memory in use and its limit, of the limit that leaves least: the container's, MEMORY_LIMIT or the machine's.",
    labelNames: ["kind"],
    registers: [registry],
  });
  new Gauge({
    name: "anchorage_threads",
    help: "Threads that compute at a time: the processors that may be used.",
    registers: [registry],
  }).set(availableThreads());

  const lookAround = async (): Promise<void> => {
    const { limit, used } = memoryState();
    memory.set({ kind: "limit" }, limit);
    memory.set({ kind: "used" }, used);
    loading.set(collections.loading().length);
    encoders.reset();
    for (const { modality } of installed.list()) encoders.inc({ modality });
    anchors.reset();
    hidden.reset();
    try {
      for (const record of await listCollections(store)) {
        anchors.set({ collection: record.name }, record.anchorCount);
        const since = await oldestHidden(store, record);
        hidden.set({ collection: record.name }, since === null ? 0 : (Date.now() - since.getTime()) / 1000);
      }
      storeUp.set(1);
    } catch (error) {
      if (!isAnchorageError(error) || error.code !== "unavailable") throw error;
      storeUp.set(0);
    }
  };

  const observe: Metrics["observe"] = ({ method, route, status, seconds }) =>
    durations.observe({ method: knownMethod(method), route, status }, seconds);

  return {
    measure: async (c, next) => {
      const started = performance.now();
      await next();
      const matched = routePath(c, -1);
      const route = matched.includes("*") ? "unmatched" : matched;
      const { method } = c.req;
      observe({ method, route, status: c.res.status, seconds: (performance.now() - started) / 1000 });
    },
    observe,
    contentType: registry.contentType,
    text: async () => {
      await lookAround();
      return registry.metrics();
    },
    series: async () => {
      await lookAround();
      const metrics = await registry.getMetricsAsJSON();
      return metrics.flatMap(({ name, help, type, values }) => {
        // A word, though the library's types say that it is a number.
        const kind = String(type);
        return isKind(kind) ? [{ name, help, type: kind, values: values.map(valueOf) }] : [];
      });
    },
  };
};

/** No metric of the service is a summary. */
const isKind = (type: string): type is MetricSeries["type"] =>
  type === "counter" || type === "gauge" || type === "histogram";

const valueOf = ({
  value,
  labels,
  metricName,
}: {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly metricName?: string;
}): MetricValue => ({
  value,
  labels: Object.fromEntries(Object.entries(labels).map(([name, label]) => [name, label ?? ""])),
  ...(metricName === undefined ? {} : { metricName }),
});

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);

/** A client may send any word as its method. */
const knownMethod = (method: string): string => (METHODS.has(method) ? method : "other");
