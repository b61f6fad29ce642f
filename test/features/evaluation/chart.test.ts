import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { lineChartSvg, type LineChart } from "../../../src/features/evaluation/chart.ts";

const chart: LineChart = {
  title: "Accuracy <of> emoji & others",
  subtitle: "8 runs",
  xLabel: "anchors",
  yLabel: "percent",
  xScale: "log",
  series: [
    {
      name: "top-1",
      points: [
        { x: 100, y: 5, low: 4, high: 6 },
        { x: 1_000, y: 15, low: 13, high: 17 },
      ],
    },
  ],
  references: [{ name: "chance", y: 0.3 }],
};

const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));

describe("a line chart", () => {
  it("is a picture that other programs can draw", async () => {
    const { width, height, format } = await sharp(Buffer.from(lineChartSvg(chart))).metadata();
    expect({ width, height, format }).toEqual({ width: 760, height: 500, format: "svg" });
  });

  it("shows names as they are written", () => {
    expect(lineChartSvg(chart)).toContain("Accuracy &lt;of&gt; emoji &amp; others");
  });

  it("places greater values to the right and further up", () => {
    const [, first, second] = circles(lineChartSvg(chart));
    expect(second?.x).toBeGreaterThan(first?.x ?? Infinity);
    expect(second?.y).toBeLessThan(first?.y ?? 0);
  });

  it("places values of one ratio at one distance on a logarithmic axis", () => {
    const points = [10, 100, 1_000].map((x) => ({ x, y: 1, low: 1, high: 1 }));
    const [, a, b, c] = circles(lineChartSvg({ ...chart, series: [{ name: "s", points }], references: [] }));
    expect((b?.x ?? 0) - (a?.x ?? 0)).toBeCloseTo((c?.x ?? 0) - (b?.x ?? 0), 1);
  });

  it("refuses what cannot be drawn", () => {
    const withPoint = (x: number, y: number): LineChart => ({
      ...chart,
      series: [{ name: "s", points: [{ x, y, low: y, high: y }] }],
    });
    expect(() => lineChartSvg({ ...chart, series: [] })).toThrow(/needs a point/);
    expect(() => lineChartSvg(withPoint(1, NaN))).toThrow(/finite/);
    expect(() => lineChartSvg(withPoint(0, 1))).toThrow(/logarithmic/);
  });
});
