import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { columns } from "../../command.ts";
import { lineChartSvg } from "../evaluation/index.ts";
import type { ForecastBody } from "./client.ts";

type Growth = ForecastBody["growths"][number];

const whole = (value: number): string => value.toLocaleString("en-US");
const errorText = (value: number): string => value.toFixed(3);

/** The table and the sentences of a forecast, for the terminal. */
export const forecastLines = (forecast: ForecastBody): string[] => {
  const { sequence, classes, questions, advice, target, growths, notes } = forecast;
  const wanted = growths.find(({ top }) => top === advice.top);
  return [
    `error of ${classes} classes that the anchors do not show, by the number of anchors (${questions} questions, sequence ${sequence})`,
    ...columns([
      ["anchors", ...growths.map(({ top }) => `top-${top}`)],
      ...(growths[0]?.sizes ?? []).map(({ anchors }, j) => [
        whole(anchors),
        ...growths.map(({ sizes }) => errorText(sizes[j]?.error ?? 0)),
      ]),
      ...(growths[0]?.forecasts ?? []).map(({ anchors }, j) => [
        `${whole(anchors)} (forecast)`,
        ...growths.map(({ forecasts }) => forecastText(forecasts[j])),
      ]),
    ]),
    ...(wanted === undefined ? [] : sentencesOf(wanted)),
    ...(target === null ? [] : [targetText(target)]),
    ...notes,
    `advice: ${advice.sentence}`,
  ];
};

const forecastText = (forecast: Growth["forecasts"][number] | undefined): string =>
  forecast === undefined
    ? ""
    : `${errorText(forecast.error)} (${errorText(forecast.low)}-${errorText(forecast.high)})`;

const sentencesOf = ({ top, floor, backTest }: Growth): string[] => {
  const bounds = `${errorText(floor.low)} to ${errorText(floor.high)}`;
  return [
    `top-${top}, the last size predicted from the smaller ones: ${errorText(backTest.predicted)}, measured ${errorText(backTest.measured)}`,
    floor.determined
      ? `top-${top}, the error that stays with any number of such anchors: ${bounds}`
      : `top-${top}, the error that stays with any number of such anchors: not determined by these sizes (${bounds})`,
  ];
};

const targetText = ({ top, error, anchors, reason }: NonNullable<ForecastBody["target"]>): string =>
  anchors === null
    ? `to reach a top-${top} error of ${error}: not told, as ${reason ?? ""}`
    : `to reach a top-${top} error of ${error}: about ${whole(anchors)} anchors`;

/**
 * Writes `report.json` and the chart `growth.svg` into a folder, which is made where it is missing.
 *
 * @returns their paths
 */
export const writeForecast = async (forecast: ForecastBody, folder: string): Promise<string[]> => {
  await mkdir(folder, { recursive: true });
  const files = {
    "growth.svg": growthSvg(forecast),
    "report.json": `${JSON.stringify(forecast, null, 2)}\n`,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return Object.keys(files).map((name) => join(folder, name));
};

const growthSvg = ({ growths, classes, sequence }: ForecastBody): string =>
  lineChartSvg({
    title: "Error with more anchors",
    subtitle: `${classes} classes that the anchors do not show, sequence ${sequence}; the last two points are forecast`,
    xLabel: "anchors",
    yLabel: "error",
    xScale: "log",
    series: growths.map(({ top, sizes, forecasts }) => ({
      name: `top-${top}`,
      points: [
        ...sizes.map(({ anchors, error }) => ({ x: anchors, y: error, low: error, high: error })),
        ...forecasts.map(({ anchors, error, low, high }) => ({ x: anchors, y: error, low, high })),
      ],
    })),
    references: [],
  });
