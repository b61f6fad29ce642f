/** A string, or a whole number of 16 digits or more. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;
/** Quick to look for in a body of vectors, whose digits follow a point. */
const NEEDED = /[:,[\s-]\d{16}/;

/**
 * Writes the whole numbers in a JSON text that a double cannot hold as texts of the same digits, so that `JSON.parse`
 * does not round them. A text without such numbers is returned as it is.
 *
 * @example
 * ```ts
 * JSON.parse(quoteLargeIntegers('{"post": 1234567890123456789}')); // { post: "1234567890123456789" }
 * ```
 */
export const quoteLargeIntegers = (text: string): string =>
  NEEDED.test(text)
    ? text.replace(TOKENS, (token) =>
        token.startsWith('"') || String(Number(token)) === token ? token : `"${token}"`,
      )
    : text;
