import { MAX_TEXT_LENGTH } from "../../collections/index.ts";
import type { JsonValue } from "../../types.ts";
import type { Pair } from "./types.ts";

/** Of one anchor's metadata as JSON, in characters, as over HTTP. */
const MAX_METADATA = 65_536;
/** Of an anchor's id, in characters. */
const MAX_ID = 200;
/** Levels of lists and objects within a metadata field, as over HTTP. */
const MAX_DEPTH = 32;
/** What a decoder puts where bytes are not UTF-8. */
const REPLACEMENT = "\u{FFFD}";

/**
 * Why a pair cannot become an anchor, as far as is known without its image; null if nothing is wrong. The importer
 * shortens ids that it makes, so that only one from the data can be too long.
 */
export const faultIn = ({ id, idIsGiven, text, metadata }: Pair): string | null => {
  if (text.trim() === "") return "the caption is empty";
  if (text.includes(REPLACEMENT)) return "the caption is not UTF-8";
  if (text.length > MAX_TEXT_LENGTH) {
    return `its caption is ${text.length} characters long; at most ${MAX_TEXT_LENGTH} are accepted`;
  }
  if (!storable(text)) return "the caption holds a NUL or half a character";
  if (!storable(id)) return "the id holds a NUL or half a character";
  const characters = Array.from(id).length;
  if (characters === 0 || (characters > MAX_ID && idIsGiven === true)) {
    return `the id has ${characters} characters, and 1 to ${MAX_ID} are accepted; --id-column names another`;
  }
  for (const [field, value] of Object.entries(metadata)) {
    const fault = storable(field) ? faultOf(value) : "has a NUL or half a character in its name";
    if (fault !== null) return `the field "${field}" ${fault}; it can be left out by --without`;
  }
  if (JSON.stringify(metadata).length > MAX_METADATA) {
    return `the metadata is longer than ${MAX_METADATA} characters; fields can be left out by --without`;
  }
  return null;
};

/** Postgres keeps no NUL and no unpaired surrogate. */
const storable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

const faultOf = (value: JsonValue, depth = 1): string | null => {
  if (typeof value === "string") return storable(value) ? null : "holds a NUL or half a character";
  if (typeof value !== "object" || value === null) return null;
  if (depth >= MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  for (const [key, item] of Object.entries(value)) {
    const fault = storable(key) ? faultOf(item, depth + 1) : "holds a NUL or half a character";
    if (fault !== null) return fault;
  }
  return null;
};
