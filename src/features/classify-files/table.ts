import type { ClassifyAnswerBody } from "../../api/queries.ts";
import { fixed, signed } from "../../math/fixed.ts";

export type ClassifyResultBody = ClassifyAnswerBody["results"][number];

const BAR = 24;
/** The eighths of a character cell. */
const PARTIAL = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const CAPTION = 60;

/**
 * Formats a classification for the terminal: the classes with bars, best first, the number of anchors behind them,
 * and the anchors that explain the first. The best score has the longest bar.
 */
export const classificationTable = (
  file: string,
  { classes, support, explanation }: ClassifyResultBody,
): string[] => {
  if (support === 0)
    return [file, "  no caption is near any of these classes", ...classes.map(({ name }) => `  ${name}`)];
  const width = Math.max(...classes.map(({ name }) => name.length));
  const best = Math.max(...classes.map(({ score }) => score));
  const rows = classes.map(({ name, score }) =>
    `  ${name.padEnd(width)}  ${fixed(score, 4)}  ${barOf(score, best)}`.trimEnd(),
  );
  if (support !== undefined) rows.push(`  support: ${support} ${support === 1 ? "anchor" : "anchors"}`);
  if (explanation === undefined || classes[0] === undefined) return [file, ...rows];
  const reasons = explanation.map(
    ({ anchor, text, contribution, imageSimilarity, textSimilarity }) =>
      `    ${signed(contribution, 4)}  image ${fixed(imageSimilarity, 3)}  text ${fixed(textSimilarity, 3)}  ` +
      `${anchor}  ${shortened(text ?? "")}`.trimEnd(),
  );
  const why = reasons.length === 0 ? [] : [`  why "${classes[0].name}":`, ...reasons];
  return [file, ...rows, ...why];
};

const barOf = (score: number, best: number): string => {
  if (!(best > 0)) return "";
  const eighths = Math.round((BAR * 8 * Math.max(0, score)) / best);
  return "█".repeat(Math.floor(eighths / 8)) + (PARTIAL[eighths % 8] ?? "");
};

const shortened = (text: string): string => {
  const characters = Array.from(text);
  return characters.length <= CAPTION ? text : `${characters.slice(0, CAPTION - 1).join("")}…`;
};
