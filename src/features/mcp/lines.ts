import type { CollectionBody, SearchAnswerBody } from "../../client/index.ts";
import type { SureClassifyAnswerBody } from "../calibration/client.ts";
import type { CounterfactualAnswerBody } from "../counterfactual/client.ts";
import type { CoverageAnswerBody } from "../coverage/client.ts";

/** Lines in one text; the structured answer has everything. */
const MAX_LINES = 20;

const few = <Item>(items: readonly Item[], line: (item: Item, index: number) => string): string[] => [
  ...items.slice(0, MAX_LINES).map(line),
  ...(items.length > MAX_LINES ? [`and ${items.length - MAX_LINES} more`] : []),
];

const warned = (warnings: readonly string[] = []): string[] => few(warnings, (text) => `warning: ${text}`);

/** Collections with their number of anchors. */
export const collectionLines = (collections: readonly CollectionBody[]): string[] =>
  collections.length === 0
    ? ["There are no collections."]
    : few(collections, ({ name, anchorCount }) => `${name}: ${anchorCount} anchors`);

/** Hits of a search, the nearest first. */
export const hitLines = ({ hits, warnings }: SearchAnswerBody): string[] => [
  ...(hits.length === 0 ? ["Nothing was found."] : []),
  ...few(hits, ({ id, score, text }) => `${id} (${score.toFixed(4)}): ${text ?? "no caption"}`),
  ...warned(warnings),
];

const bestOf = ({ classes: [best], abstained }: SureClassifyAnswerBody["results"][number]): string => {
  if (best === undefined) return "no class";
  const { name, score, probability } = best;
  const measured =
    probability === undefined ? `score ${score.toFixed(4)}` : `probability ${probability.toFixed(3)}`;
  return `${name} (${measured})${abstained === true ? ", not sure enough" : ""}`;
};

/** The first class of each image. */
export const classifiedLines = ({ results, warnings }: SureClassifyAnswerBody): string[] => [
  ...few(results, (result, i) => `image ${i}: ${bestOf(result)}`),
  ...warned(warnings),
];

/** The first class of each image, and its strongest anchors. */
export const explainedLines = ({ results, warnings }: SureClassifyAnswerBody): string[] => [
  ...few(results, (result, i) => {
    const anchors = (result.explanation ?? []).slice(0, 3);
    const because = anchors.map(({ anchor, contribution }) => `${anchor} ${contribution.toFixed(4)}`);
    return `image ${i}: ${bestOf(result)}${because.length === 0 ? "" : `, by ${because.join(", ")}`}`;
  }),
  ...warned(warnings),
];

/** The risk of each class, and what to add. */
export const coverageLines = ({ classes, warnings }: CoverageAnswerBody): string[] => [
  ...few(classes, ({ name, risk, anchors, advice }) =>
    [`${name}: risk ${risk.toFixed(3)}, ${anchors} anchors`, ...advice.map(({ message }) => message)].join(
      "; ",
    ),
  ),
  ...warned(warnings),
];

/** How many images get another class, and which. */
export const counterfactualLines = (answer: CounterfactualAnswerBody): string[] => [
  `${answer.flipped} of ${answer.results.length} images get another class (${answer.removed} anchors removed, ` +
    `${answer.added} added)`,
  ...few(
    answer.results,
    ({ before, after }, i) =>
      `image ${i}: ${before.classes[0]?.name ?? "no class"}, then ${after.classes[0]?.name ?? "no class"}`,
  ),
  ...warned(answer.warnings),
];
