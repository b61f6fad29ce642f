import { positionWords, type Box } from "./position-words.ts";

/** What a sample is labelled by, in any of the forms that tasks come in. */
export type Label =
  | { readonly category: string }
  /** Several categories at once. */
  | { readonly categories: readonly string[] }
  | { readonly caption: string }
  /** Of a question about the image; a question that is the same for all need not be given. */
  | { readonly question?: string; readonly answer: string }
  /** What is at a place in the image. */
  | { readonly phrase: string; readonly box: Box };

/** Stands for the category in a template. */
const SLOT = "{}";

/**
 * The texts whose embeddings, averaged, are a label's: a category goes through each of the templates, of several
 * categories each one does; a question is followed by its answer, and a phrase by where its box lies.
 *
 * @param templates each with `{}` in it
 */
export const textsOf = (label: Label, templates: readonly string[]): string[] => {
  if ("category" in label) return filled(label.category, templates);
  if ("categories" in label) return [...new Set(label.categories)].flatMap((name) => filled(name, templates));
  if ("caption" in label) return [label.caption];
  if ("phrase" in label) return [`${label.phrase} ${positionWords(label.box)}`];
  return [label.question === undefined ? label.answer : `${label.question} ${label.answer}`];
};

/**
 * What samples have in common that count as one class: the category, the set of categories, the caption, the answer
 * (whatever the question was), the phrase (wherever it is).
 */
export const classNameOf = (label: Label): string => {
  if ("category" in label) return label.category;
  if ("categories" in label) return JSON.stringify([...new Set(label.categories)].sort());
  if ("caption" in label) return label.caption;
  return "phrase" in label ? label.phrase : label.answer;
};

const filled = (category: string, templates: readonly string[]): string[] =>
  templates.map((template) => template.replaceAll(SLOT, () => category));
