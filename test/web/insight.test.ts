import { describe, expect, it } from "vitest";
import { findNearCopies } from "../../web/src/add/near-copies.ts";
import { sortFacets } from "../../web/src/anchors/facets.tsx";
import { linear, logarithmic } from "../../web/src/charts/scale.ts";
import { spreadLabels } from "../../web/src/charts/line-chart.tsx";
import { missingOf, readWanted, writeWanted } from "../../web/src/consensus/request.ts";
import { bytes, milliseconds } from "../../web/src/format.ts";
import { confusionOf, growthOf } from "../../web/src/quality/classes.ts";
import { formatRoute, parseRoute } from "../../web/src/route.ts";
import { parseMetrics, quantileOf, routesOf } from "../../web/src/service/metrics.ts";

describe("an axis", () => {
  it("has round ticks between its ends", () => {
    const scale = linear(0, 1, 0, 100);
    expect(scale.ticks.map((tick) => tick.toFixed(1))).toEqual(["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    expect(scale.at(0.5)).toBe(50);
    expect(logarithmic([50, 5_000], 0, 100).ticks).toEqual([50, 100, 200, 500, 1_000, 2_000, 5_000]);
  });

  it("has labels that do not cover one another", () => {
    expect(spreadLabels([100, 100, 20], 200)).toEqual([100, 114, 20]);
    expect(spreadLabels([200, 200], 200)).toEqual([186, 200]);
  });
});

describe("an evaluation", () => {
  const accuracy = (mean: number) => ({ mean, low: mean - 0.02, high: mean + 0.02 });
  const point = (anchors: number, mean: number) => ({ anchors, top1: accuracy(mean), top5: accuracy(mean) });

  it("says in a sentence whether more anchors would help", () => {
    expect(growthOf({ points: [point(50, 0.2), point(100, 0.5)] })).toContain("more would help");
    expect(growthOf({ points: [point(50, 0.5), point(100, 0.5)] })).toContain("hardly help");
    expect(growthOf({ points: [point(50, 0.5)] })).toContain("too few anchors");
  });

  it("is a matrix of shares whose rows add up to 1", () => {
    const each = { anchors: 4, questions: 4, answered: 4 };
    const { shares } = confusionOf({
      classes: [
        { name: "a", ...each, right: 3 },
        { name: "b", ...each, right: 4 },
      ],
      confusions: [
        { truth: "a", answered: "b", count: 1 },
        { truth: "gone", answered: "b", count: 1 },
      ],
    });
    expect(shares).toEqual([
      [0.75, 0.25],
      [0, 1],
    ]);
  });
});

describe("a consensus", () => {
  it("is in the address, and says what is missing before it can run", () => {
    const wanted = readWanted(new URLSearchParams("task=tag&field=kind&scorer=asif&rounds=9&anchor=a"));
    const { params } = parseRoute(formatRoute("consensus", writeWanted(wanted)));
    expect(readWanted(params)).toEqual(wanted);
    expect(missingOf(wanted, { kind: "anchor", id: "a" })).toBeNull();
    expect(missingOf({ ...wanted, field: "" }, { kind: "anchor", id: "a" })).toContain("field");
    expect(missingOf(wanted, null)).toContain("picture");
    expect(readWanted(new URLSearchParams("task=magic&rounds=-3")).rounds).toBe(4);
  });
});

describe("figures", () => {
  const text = [
    "# HELP anchorage_http_request_duration_seconds Time",
    'anchorage_http_request_duration_seconds_bucket{le="0.1",method="GET",route="/v1/\\"x\\"",status="200"} 8',
    'anchorage_http_request_duration_seconds_bucket{le="0.5",method="GET",route="/v1/\\"x\\"",status="200"} 10',
    'anchorage_http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/v1/\\"x\\"",status="200"} 10',
    'anchorage_http_request_duration_seconds_count{method="GET",route="/v1/\\"x\\"",status="200"} 10',
    'anchorage_http_request_duration_seconds_count{method="GET",route="/v1/\\"x\\"",status="500"} 2',
    "process_resident_memory_bytes 1e9",
    "damaged",
  ].join("\n");

  it("are read from Prometheus's text, with quantiles within the buckets", () => {
    const samples = parseMetrics(text);
    expect(samples.at(-1)).toEqual({ name: "process_resident_memory_bytes", labels: {}, value: 1e9 });
    const [route] = routesOf(samples);
    expect(route).toMatchObject({ route: 'GET /v1/"x"', requests: 12, failed: 2 });
    expect(route?.median).toBeCloseTo(62.5);
    expect(route?.slow).toBeCloseTo(400);
    expect(quantileOf(new Map([[Infinity, 3]]), 0.5)).toBeNull();
  });

  it("are shown with the digits that count", () => {
    expect([0, 999, 41_500_000, 2e13].map(bytes)).toEqual(["0 B", "999 B", "41.5 MB", "20.0 TB"]);
    expect([0.42, 12.3, 1_234].map(milliseconds)).toEqual(["0.4 ms", "12 ms", "1.2 s"]);
  });
});

describe("facets", () => {
  it("come with few values first and with a value for almost every anchor last", () => {
    const facet = (key: string, distinct: number, most: number) => ({
      ...{ key, distinct, anchors: 1_000 },
      values: distinct === 0 ? [] : [{ value: "x", anchors: most }],
    });
    const sorted = sortFacets([
      facet("code", 990, 2),
      facet("objects", 0, 0),
      facet("year", 40, 90),
      facet("owner", 3, 500),
    ]);
    expect(sorted.map(({ key }) => key)).toEqual(["owner", "year", "code", "objects"]);
  });
});

describe("near copies", () => {
  it("are found by the picture, and an anchor that will be replaced is none", async () => {
    const pair = (id: string) => ({ id, text: id, metadata: {}, file: new File([id], `${id}.png`) });
    const scores = new Map([
      ["a", [{ id: "a", score: 1 }]],
      ["b", [{ id: "old", score: 0.99 }]],
      ["c", [{ id: "old", score: 0.5 }]],
    ]);
    const asked = ["a", "b", "c"];
    const looked: number[] = [];
    const collection = {
      search: () => {
        const hits = (scores.get(asked[looked.length] ?? "") ?? []).map((hit) => ({
          ...hit,
          ...{ text: "old", metadata: {} },
        }));
        return Promise.resolve({ hits } as never);
      },
    };
    const found = await findNearCopies(collection, asked.map(pair), new AbortController().signal, (n) =>
      looked.push(n),
    );
    expect(found.map(({ id, of }) => [id, of])).toEqual([["b", "old"]]);
    expect(looked).toEqual([1, 2, 3]);
  });
});
