import type { ClassifyAnswerBody } from "../../api/queries.ts";

export type ClassifyResult = ClassifyAnswerBody["results"][number];

const BAR = 24;
/** Eighths of a cell. */
const PARTIAL = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const CAPTION = 60;

/**
 * A classification as lines for people: the classes with bars, best first, and below them the anchors that explain the
 * first. Bars are drawn against the best score.
 */
export const classificationTable = (file: string, { classes, explanation }: ClassifyResult): string[] => {
  const width = Math.max(...classes.map(({ name }) => name.length));
  const best = Math.max(...classes.map(({ score }) => score));
  const rows = classes.map(({ name, score }) =>
    `  ${name.padEnd(width)}  ${score.toFixed(4)}  ${barOf(score, best)}`.trimEnd(),
  );
  if (explanation === undefined || classes[0] === undefined) return [file, ...rows];
  const reasons = explanation.map(
    ({ anchor, text, contribution, imageSimilarity, textSimilarity }) =>
      `    ${signed(contribution)}  image ${imageSimilarity.toFixed(3)}  text ${textSimilarity.toFixed(3)}  ` +
      `${anchor}  ${shortened(text ?? "")}`.trimEnd(),
  );
  const why = reasons.length === 0 ? [] : [`  why "${classes[0].name}":`, ...reasons];
  return [file, ...rows, ...why];
};

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(4)}`;

const barOf = (score: number, best: number): string => {
  if (!(best > 0)) return "";
  const eighths = Math.round((BAR * 8 * Math.max(0, score)) / best);
  return "█".repeat(Math.floor(eighths / 8)) + (PARTIAL[eighths % 8] ?? "");
};

const shortened = (text: string): string => {
  const characters = Array.from(text);
  return characters.length <= CAPTION ? text : `${characters.slice(0, CAPTION - 1).join("")}…`;
};
