import { ValueType, type HrTime } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { MetricSeries, MetricValue } from "../http/index.ts";

/** Gives OpenTelemetry the metrics of `/metrics`, under the same names and labels. */
export const createMetricProducer = (
  resource: Resource,
  readMetrics: () => Promise<readonly MetricSeries[]>,
): MetricProducer => {
  const startTime = hrTime(Date.now());
  return {
    collect: async () => {
      const times = { startTime, endTime: hrTime(Date.now()) };
      const metrics = (await readMetrics()).map((series) => dataOf(series, times));
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name: "anchorage" }, metrics }] },
        errors: [],
      };
    },
  };
};

type Times = Pick<DataPoint<number>, "startTime" | "endTime">;

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];

const dataOf = ({ name, help, type, values }: MetricSeries, times: Times): MetricData => {
  const common = {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = (): DataPoint<number>[] =>
    values.map(({ labels, value }) => ({ ...times, attributes: labels, value }));
  switch (type) {
    case "histogram":
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(values, times) };
    case "counter":
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() };
    case "gauge":
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() };
  }
};

const unitOf = (name: string): string =>
  /seconds(_total)?$/.test(name) ? "s" : name.endsWith("bytes") ? "By" : "";

/** Prometheus counts what is up to each bound; OpenTelemetry what is between two. */
const histograms = (values: readonly MetricValue[], times: Times): DataPoint<Histogram>[] => {
  const byLabels = new Map<string, { labels: MetricValue["labels"]; values: MetricValue[] }>();
  for (const value of values) {
    const labels = Object.fromEntries(Object.entries(value.labels).filter(([name]) => name !== "le"));
    const key = JSON.stringify(labels);
    const known = byLabels.get(key) ?? { labels, values: [] };
    known.values.push(value);
    byLabels.set(key, known);
  }
  return [...byLabels.values()].map(({ labels, values: own }) => {
    const ofName = (suffix: string): number =>
      own.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0;
    const upTo = own
      .filter(({ labels: { le } }) => le !== undefined)
      .map(({ labels: { le }, value }) => ({ bound: le === "+Inf" ? Infinity : Number(le), value }))
      .sort((a, b) => a.bound - b.bound);
    const value = {
      buckets: {
        boundaries: upTo.map(({ bound }) => bound).filter(Number.isFinite),
        counts: upTo.map((bucket, i) => bucket.value - (upTo[i - 1]?.value ?? 0)),
      },
      sum: ofName("_sum"),
      count: ofName("_count"),
    };
    return { ...times, attributes: labels, value };
  });
};
