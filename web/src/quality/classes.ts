import type { EvaluateRequestBody, EvaluationBody, ForecastBody } from "../../../src/features/client.ts";
import { count, percent } from "../format.ts";

/** What the classes are: captions, or the values of a metadata key. */
export interface Measure {
  /** Empty: captions. */
  readonly by: string;
  readonly hold: "classes" | "images";
}

/** A key with fewer values cannot have whole classes held out. */
export const FEWEST_HELD = 20;

export const readMeasure = (params: URLSearchParams): Measure => {
  const by = params.get("by") ?? "";
  return { by, hold: by !== "" && params.get("hold") === "images" ? "images" : "classes" };
};

export const requestOf = ({ by, hold }: Measure): EvaluateRequestBody => ({
  ...(by === "" ? {} : { by }),
  hold,
});

/** Whether more anchors would help, in a sentence: what the last doubling brought. */
export const growthOf = ({ points }: Pick<EvaluationBody, "points">): string => {
  const last = points.at(-1);
  const half = points.findLast(({ anchors }) => anchors <= (last?.anchors ?? 0) / 1.5);
  if (last === undefined || half === undefined)
    return "There are too few anchors to compare with fewer of them.";
  const gain = last.top1.mean - half.top1.mean;
  const overlap = half.top1.high >= last.top1.mean;
  const from = `From ${count(half.anchors)} to ${count(last.anchors)} anchors the first answer became right in ${percent(last.top1.mean)} instead of ${percent(half.top1.mean)}.`;
  if (gain < 0.005) return `${from} More of the same kind would hardly help.`;
  return `${from} ${overlap ? "More would probably help; the gain is smaller than what the classes differ by." : "It still grows: more would help."}`;
};

/** What twice the anchors would bring, and whether the error has a floor, in two sentences. */
export const forecastNote = ({ advice, growths }: Pick<ForecastBody, "advice" | "growths">): string => {
  const growth = growths.find(({ top }) => top === advice.top);
  const [twice] = growth?.forecasts ?? [];
  if (growth === undefined || twice === undefined) return advice.sentence;
  const { floor } = growth;
  const stays = floor.determined
    ? `The error that would stay is between ${percent(floor.low)} and ${percent(floor.high)}.`
    : "The error that would stay is not determined by these sizes.";
  return `With ${count(twice.anchors)} anchors like these the top-${advice.top} error is forecast as ${percent(twice.error)} (${percent(twice.low)} to ${percent(twice.high)}). ${stays}`;
};

/** A matrix of which classes are taken for which: a row for each true class, shares of its questions. */
export interface Confusion {
  readonly names: readonly string[];
  /** `[truth][answered]`, from 0 to 1. */
  readonly shares: readonly (readonly number[])[];
}

export const confusionOf = ({
  classes,
  confusions,
}: Pick<EvaluationBody, "classes" | "confusions">): Confusion => {
  const names = classes.map(({ name }) => name);
  const at = new Map(names.map((name, i) => [name, i]));
  const shares = classes.map(({ questions, right }, i) =>
    names.map((_, j) => (i === j && questions > 0 ? right / questions : 0)),
  );
  for (const { truth, answered, count: times } of confusions) {
    const [row, column] = [at.get(truth), at.get(answered)];
    const questions = row === undefined ? 0 : (classes[row]?.questions ?? 0);
    const cells = row === undefined ? undefined : shares[row];
    if (cells !== undefined && column !== undefined && questions > 0) cells[column] = times / questions;
  }
  return { names, shares };
};
