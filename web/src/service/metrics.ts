/** A line of Prometheus's text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus's text format; comments and lines that are damaged are left out. */
export const parseMetrics = (text: string): readonly Sample[] =>
  text.split("\n").flatMap((line) => {
    const [, name = "", labels = "", value = ""] = LINE.exec(line) ?? [];
    if (name === "") return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key = "", quoted = ""]) => [
      key,
      quoted.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
    ]);
    return [
      {
        name,
        labels: Object.fromEntries(pairs) as Record<string, string>,
        value: Number(value.replace("Inf", "Infinity")),
      },
    ];
  });

const DURATION = "anchorage_http_request_duration_seconds";

/** What was measured of the requests of one route. */
export interface RouteFigures {
  readonly route: string;
  readonly requests: number;
  readonly failed: number;
  /** Quantiles in milliseconds, interpolated within the buckets of the histogram; null above the last one. */
  readonly median: number | null;
  readonly slow: number | null;
}

/** Requests by method and route, the most frequent first. Statuses from 500 on count as failed. */
export const routesOf = (samples: readonly Sample[]): readonly RouteFigures[] => {
  const routes = new Map<string, { requests: number; failed: number; buckets: Map<number, number> }>();
  for (const { name, labels, value } of samples) {
    if (!name.startsWith(DURATION)) continue;
    const route = `${labels.method ?? ""} ${labels.route ?? ""}`;
    const entry = routes.get(route) ?? { requests: 0, failed: 0, buckets: new Map<number, number>() };
    routes.set(route, entry);
    if (name === `${DURATION}_count`) {
      entry.requests += value;
      if (Number(labels.status) >= 500) entry.failed += value;
    } else if (name === `${DURATION}_bucket`) {
      const bound = Number((labels.le ?? "").replace("Inf", "Infinity"));
      entry.buckets.set(bound, (entry.buckets.get(bound) ?? 0) + value);
    }
  }
  return [...routes]
    .map(([route, { requests, failed, buckets }]) => ({
      ...{ route, requests, failed },
      ...{ median: quantileOf(buckets, 0.5), slow: quantileOf(buckets, 0.95) },
    }))
    .sort((a, b) => b.requests - a.requests);
};

/** A quantile of a histogram with cumulative counts by upper bound in seconds, as Prometheus interpolates it. */
export const quantileOf = (buckets: ReadonlyMap<number, number>, q: number): number | null => {
  const bounds = [...buckets].sort(([a], [b]) => a - b);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  let [below, lower] = [0, 0];
  for (const [bound, count] of bounds) {
    if (count >= q * total) {
      if (!Number.isFinite(bound)) return null;
      const inside = count - below;
      return 1_000 * (lower + (inside === 0 ? 0 : (q * total - below) / inside) * (bound - lower));
    }
    [below, lower] = [count, bound];
  }
  return null;
};

/** The value of a figure without labels; null where there is none. */
export const valueOf = (samples: readonly Sample[], name: string): number | null =>
  samples.find((sample) => sample.name === name && Object.keys(sample.labels).length === 0)?.value ?? null;
