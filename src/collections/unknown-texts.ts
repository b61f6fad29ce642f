import type { Anchor } from "../api/anchors.ts";
import type { ClassifyRequest } from "../api/queries.ts";
import type { Input } from "../api/inputs.ts";
import type { CollectionRecord } from "../store/index.ts";
import type { Encoding } from "./encoding.ts";

const MAX_SHOWN = 3;

/** How many captions, among those that are encoded here, have no word that the collection's text encoder knows. */
export const countUnknown = async (
  { textEncoder }: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
): Promise<number> => {
  const captions = anchors.flatMap(({ text, textVector }) =>
    text === undefined || textVector !== undefined ? [] : [text],
  );
  const unknown = new Set(await encoding.unknownTexts(textEncoder, captions));
  return captions.filter((caption) => unknown.has(caption)).length;
};

/**
 * A warning for texts of which the collection's text encoder knows no word: their vectors hardly differ, so neither do
 * the answers.
 *
 * @returns to be spread into an answer
 */
export const warningsFor = async (
  { textEncoder }: CollectionRecord,
  texts: readonly string[],
  encoding: Encoding,
): Promise<{ readonly warnings?: readonly string[] }> => {
  const unknown = await encoding.unknownTexts(textEncoder, texts);
  if (unknown.length === 0) return {};
  const shown = unknown.slice(0, MAX_SHOWN).map((text) => `"${text}"`);
  const more = unknown.length > shown.length ? ", ..." : "";
  const many = unknown.length === 1 ? "1 text" : `${unknown.length} texts`;
  return {
    warnings: [
      `the text encoder ${textEncoder.id} knows no word of ${many} (${shown.join(", ")}${more}) and cannot tell such ` +
        `texts apart; a collection with a multilingual text encoder can`,
    ],
  };
};

export const textsIn = (inputs: readonly Input[]): string[] =>
  inputs.flatMap((input) => ("text" in input ? [input.text] : []));

/** What classes are asked by, without the words of templates. */
export const classTexts = ({ classes }: Pick<ClassifyRequest, "classes">): string[] =>
  classes.flatMap(({ name, prompts }) => (prompts === undefined ? [name] : textsIn(prompts)));
