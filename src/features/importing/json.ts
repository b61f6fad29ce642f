import { quoteLargeIntegers } from "../../http/json.ts";
import type { JsonValue } from "../../types.ts";

/** A string, or a number between strings that JSON does not have. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:NaN|Infinity)\b/gs;
const NEEDED = /NaN|Infinity/;
/** Such as the raw bytes of a text in another encoding, which a terminal would obey. */
const CONTROL = /[\p{Cc}\u{FFFD}]/gu;

/**
 * Parses JSON as other programs write it. `NaN` and infinities become null. Whole numbers that a double cannot hold
 * become texts of the same digits.
 *
 * @throws SyntaxError if the text is not JSON
 * @example
 * ```ts
 * parseLenientJson('{"id": 9007199254740993, "score": NaN}'); // { id: "9007199254740993", score: null }
 * ```
 */
export const parseLenientJson = (text: string): JsonValue =>
  JSON.parse(
    quoteLargeIntegers(
      NEEDED.test(text) ? text.replace(TOKENS, (token) => (token.startsWith('"') ? token : "null")) : text,
    ),
  ) as JsonValue;

/** Why a text is not JSON, in one line that is safe to print. */
export const jsonFault = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return `is not JSON: ${message.replaceAll(CONTROL, "").replaceAll(/\s+/g, " ")}`;
};

/** Whether a JSON value is an object, not a list. */
export const isJsonObject = (value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
