/** A string, or a whole number of 16 digits or more. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;
/** Found in every text that needs {@link quoteLargeIntegers}; quick to look for, because the digits of vectors follow a point. */
export const LARGE_INTEGER = /[:,[\s-]\d{16}/;

/**
 * Writes the whole numbers in a JSON text that a double cannot hold as texts of the same digits, so that `JSON.parse`
 * does not round them.
 *
 * @example
 * ```ts
 * JSON.parse(quoteLargeIntegers('{"post": 1234567890123456789}')); // { post: "1234567890123456789" }
 * ```
 */
export const quoteLargeIntegers = (text: string): string =>
  text.replace(TOKENS, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${token}"`,
  );
