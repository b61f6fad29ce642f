import type { Input } from "../api/inputs.ts";
import type { ClassInput, ClassifyRequest } from "../api/queries.ts";
import { invalidField, type FieldPath } from "../errors.ts";
import { MAX_TEXT_LENGTH } from "./encoding.ts";

/**
 * The classes of a request with the ensemble `summary`: each of several prompts is followed by one more, all of them
 * joined to one text.
 *
 * @throws AnchorageError `unprocessable` if a prompt is no text, because a vector cannot be joined
 */
export const joinPrompts = ({
  classes,
  templates = ["{}"],
}: Pick<ClassifyRequest, "classes" | "templates">): ClassInput[] =>
  classes.map(({ name, prompts }, i) => {
    const texts =
      prompts === undefined
        ? templates.map((template) => template.replaceAll("{}", () => name))
        : prompts.map((prompt, j) => textOf(prompt, ["classes", i, "prompts", j]));
    const joined = texts.length < 2 ? [] : [texts.join(", ").slice(0, MAX_TEXT_LENGTH)];
    return { name, prompts: [...texts, ...joined].map((text) => ({ text })) };
  });

const textOf = (prompt: Input, path: FieldPath): string => {
  if ("text" in prompt) return prompt.text;
  throw invalidField(
    path,
    `must be a text where the ensemble is "summary", which joins prompts`,
    "unprocessable",
  );
};
