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

/** What the structure of objects shows in: strings, braces and brackets. */
const MARK = /["{}[\]]/g;
const BACKSLASH = 0x5c;

/** A key that one object has twice, and where it stands the second time. */
export interface RepeatedKey {
  readonly key: string;
  readonly offset: number;
}

/**
 * Finds the first key that stands twice in one object. `JSON.parse` would keep the last of both and drop the other.
 *
 * @param text JSON that `JSON.parse` accepts
 * @returns null if there is none
 * @example
 * ```ts
 * findRepeatedKey('{"id": 1, "tags": {"id": 2}, "id": 3}'); // { key: "id", offset: 29 }
 * ```
 */
export const findRepeatedKey = (text: string): RepeatedKey | null => {
  /** The keys of each open object; null for a list. */
  const open: (Set<string> | null)[] = [];
  MARK.lastIndex = 0;
  for (let mark = MARK.exec(text); mark !== null; mark = MARK.exec(text)) {
    const [character] = mark;
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character !== '"') open.pop();
    else {
      const end = endOfString(text, mark.index);
      MARK.lastIndex = end;
      const keys = open.at(-1);
      if (!keys || !isKey(text, end)) continue;
      const written = text.slice(mark.index, end);
      const key = written.includes("\\") ? String(JSON.parse(written)) : written.slice(1, -1);
      if (keys.has(key)) return { key, offset: mark.index };
      keys.add(key);
    }
  }
  return null;
};

const endOfString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
};

const COLON = /[ \t\n\r]*:/y;

/** Whether the string that ends at `end` is a key: a colon follows. */
const isKey = (text: string, end: number): boolean => {
  COLON.lastIndex = end;
  return COLON.test(text);
};
