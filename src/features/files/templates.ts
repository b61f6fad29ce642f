import { existsSync } from "node:fs";
import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import { readTextFile } from "./text-file.ts";

const SLOT = "{}";

const CIFAR_KINDS = ["", "blurry ", "black and white ", "low contrast ", "high contrast ", "bad ", "good "];

/**
 * The prompts that ASIF's authors asked each data set with (embdatasets.py of noranta4/ASIF at 418ab24), but for
 * EuroSAT, which is not in their code: there those of CLIP (Radford et al., 2021).
 */
export const PROMPT_SETS: Readonly<Record<string, readonly string[]>> = {
  imagenet: [
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
  ],
  "cifar-100": ["a", "the"].flatMap((article) => [
    ...CIFAR_KINDS.map((kind) => `a ${kind}photo of ${article} {}.`),
    ...["small", "big"].map((size) => `a photo of ${article} ${size} {}.`),
  ]),
  pets: ["a type of pet {}.", "a {} texture.", "{} , an animal."],
  eurosat: ["", "a ", "the "].map((article) => `a centered satellite photo of ${article}{}.`),
};

const templates = z.array(z.string().includes(SLOT)).min(1);

/**
 * The prompts that `name` stands for: one of {@link PROMPT_SETS}, or a file with one a line or a JSON list.
 *
 * @throws AnchorageError `invalid-input` where it is neither, or a prompt does not hold `{}`.
 */
export const readTemplates = async (name: string): Promise<readonly string[]> => {
  const known = Object.hasOwn(PROMPT_SETS, name) ? PROMPT_SETS[name] : undefined;
  if (known !== undefined) return known;
  if (!existsSync(name)) {
    throw new AnchorageError(
      "invalid-input",
      `"${name}" is no file, and none of the prompt sets ${Object.keys(PROMPT_SETS).join(", ")}`,
    );
  }
  const text = await readTextFile(name);
  const given = templates.safeParse(name.toLowerCase().endsWith(".json") ? parsed(text) : linesOf(text));
  if (given.success) return given.data;
  throw new AnchorageError("invalid-input", `${name} must be a list of prompts, each with ${SLOT} in it`);
};

/** What a class is asked by: each of its names in each template. */
export const promptsOf = (names: readonly string[], given: readonly string[]): string[] =>
  names.flatMap((name) => given.map((template) => template.replaceAll(SLOT, () => name)));

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== "");

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
