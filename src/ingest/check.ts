import type { JsonValue, Metadata } from "../types.ts";
import type { Pair } from "./types.ts";

/** Of one anchor's metadata as JSON, in characters, as over HTTP. */
const MAX_METADATA = 65_536;
/** What a decoder puts where bytes are not UTF-8. */
const REPLACEMENT = "\u{FFFD}";

/** Why a pair cannot become an anchor, as far as can be told without its image; null where nothing is wrong. */
export const faultIn = ({ id, text, metadata }: Pair): string | null => {
  if (text.trim() === "") return "the caption is empty";
  if (text.includes(REPLACEMENT)) return "the caption is not UTF-8";
  if (!storable(text)) return "the caption holds a NUL or half a character";
  if (!storable(id)) return "the id holds a NUL or half a character";
  const unfit = unfitField(metadata);
  if (unfit !== null)
    return `the field "${unfit}" holds a NUL or half a character; it can be left out by --without`;
  if (JSON.stringify(metadata).length > MAX_METADATA) {
    return `the metadata is longer than ${MAX_METADATA} characters; fields can be left out by --without`;
  }
  return null;
};

/** Postgres keeps no NUL and no unpaired surrogate. */
const storable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

const unfitField = (metadata: Metadata): string | null =>
  Object.entries(metadata).find(
    ([key, value]) => key === "__proto__" || !storable(key) || !fits(value),
  )?.[0] ?? null;

const fits = (value: JsonValue): boolean => {
  if (typeof value === "string") return storable(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, item]: [string, JsonValue]) => storable(key) && fits(item));
};
