import { plainText, type IMAGE_QUESTIONS } from "../../../src/features/epalm/index.ts";
import { groupText, NUMBERS } from "../pretraining/index.ts";
import type { EpalmImage, Split } from "./images.ts";

/** What an image is asked: a question of {@link IMAGE_QUESTIONS}, or for a caption. */
export type Asked = keyof typeof IMAGE_QUESTIONS | "caption";

export const ASKED: readonly Asked[] = ["what", "colour", "group", "count", "caption"];

/** One question about one image, with what it should be answered. */
export interface Item {
  /** The image's place among all. */
  readonly image: number;
  readonly split: Split;
  readonly asked: Asked;
  readonly answer: string;
  /** Of what the image shows, so that items of one emoji are drawn together. */
  readonly hexcode: string;
}

/** A caption is the name and so many tags. */
const TAGS = 2;
/** Captions that are put before a question are shorter. */
const TAGS_BEFORE = 2;

/** A drawing is asked what it is, which colour where it has one, which group, and for a caption; copies how many. */
export const itemsOf = (images: readonly EpalmImage[]): Item[] =>
  images.flatMap(({ split, emoji, copies, colour }, image) => {
    const { hexcode, label, group } = emoji;
    const of = (asked: Asked, answer: string): Item => ({ image, split, asked, answer, hexcode });
    if (copies !== null) return [of("count", NUMBERS[copies - 1] ?? "")];
    return [
      of("what", plainText(label)),
      ...(colour === null ? [] : [of("colour", colour)]),
      of("group", groupText(group)),
      of("caption", captionText(emoji, TAGS)),
    ];
  });

/** What is told of a training image that another one is like. */
export const captionBefore = ({ emoji, copies }: EpalmImage): string => {
  if (copies === null) return captionText(emoji, TAGS_BEFORE);
  const name = plainText(emoji.label);
  return `${NUMBERS[copies - 1] ?? ""} ${copies === 1 ? name : plural(name)}`;
};

const captionText = ({ label, tags }: EpalmImage["emoji"], count: number): string => {
  const name = plainText(label);
  const words = tags.map(plainText).filter((word) => word !== name);
  return [name, ...words.slice(0, count)].join(", ");
};

const plural = (name: string): string => {
  if (/(?:s|x|ch|sh)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
};
