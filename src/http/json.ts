import { createSlices, type Slices } from "../math/slices.ts";
import type { JsonFault } from "./json-fault.ts";

/** Shorter texts are parsed at once, in about a millisecond. */
const PIECE = 128 * 1024;
/** Characters between two looks at the clock. */
const LOOK_EVERY = 16 * 1024;
/** No request of this service nests as deep. */
const MAX_NESTING = 64;
/** Nor has as many lists and objects: each takes memory that its text of two characters does not show. */
const MAX_CONTAINERS = 1_000_000;

const BACKSLASH = 0x5c;
const OPENING = new Map([
  ["{", "}"],
  ["[", "]"],
]);

type PiecesOutcome = { readonly value: unknown } | { readonly fault: JsonFault };

/**
 * Parses JSON in pieces of about 128 KiB, with time for other requests between them. Whole numbers that a double cannot
 * hold become texts of the same digits.
 *
 * @param faultOffset finds where a text stops being JSON
 * @param pieceSize characters that are parsed at once
 * @returns the value, or where and why the text is refused
 */
export const parseJsonInPieces = async (
  text: string,
  faultOffset: (text: string) => number,
  slices: Slices = createSlices(),
  pieceSize = PIECE,
): Promise<PiecesOutcome> => {
  const look = async (): Promise<void> => {
    if (slices.due()) await slices.rest();
  };

  /** Parses the text between two places at once; `open` and `close` are put around it. A number needs the space. */
  const parsePiece = (from: number, to: number, open = " ", close = ""): unknown => {
    const piece = open + text.slice(from, to) + close;
    let value: unknown;
    try {
      value = JSON.parse(LARGE_INTEGER.test(piece) ? quoteLargeIntegers(piece) : piece);
    } catch {
      throw new Stopped({ offset: from - open.length + faultOffset(piece), reason: "syntax" });
    }
    const repeated = findRepeatedKey(piece);
    if (repeated === null) return value;
    throw new Stopped({
      offset: from - open.length + repeated.offset,
      reason: "repeated-key",
      key: repeated.key,
    });
  };

  const parse = async (start: number, stop: number, depth: number): Promise<unknown> => {
    const [from, to] = trimmed(text, start, stop);
    const open = text.charAt(from);
    const close = OPENING.get(open);
    if (close === undefined) return parsePiece(from, to);
    if (text.charAt(to - 1) !== close || to - from < 2) throw new Stopped({ offset: to, reason: "syntax" });
    const isList = open === "[";
    const list: unknown[] = [];
    const object: Record<string, unknown> = {};
    const add = (key: string, item: unknown, offset: number): void => {
      if (Object.hasOwn(object, key)) throw new Stopped({ offset, reason: "repeated-key", key });
      define(object, key, item);
    };
    let pieceStart = from + 1;
    let childStart = from + 1;

    /** Parses the children from `pieceStart` on, which are small together. */
    const take = (end: number): void => {
      if (pieceStart >= end) return;
      const value = parsePiece(pieceStart, end, open, close);
      if (Array.isArray(value)) for (const item of value) list.push(item);
      else if (typeof value === "object" && value !== null)
        for (const [key, item] of Object.entries(value)) add(key, item, pieceStart);
    };
    const finishChild = async (end: number): Promise<void> => {
      const isLast = end === to - 1;
      const [first, last] = trimmed(text, childStart, end);
      if (first === last && !(isLast && childStart === from + 1))
        throw new Stopped({ offset: end, reason: "syntax" });
      if (end - childStart > pieceSize) {
        // What comes before a large child ends with a comma.
        take(childStart - 1);
        let valueStart = childStart;
        let key = "";
        if (!isList) {
          const nameEnd = endOfString(text, first, end);
          const [colon] = trimmed(text, nameEnd, end);
          const name = parsePiece(first, nameEnd);
          if (typeof name !== "string" || text.charAt(colon) !== ":")
            throw new Stopped({ offset: colon, reason: "syntax" });
          key = name;
          valueStart = colon + 1;
        }
        const value = await parse(valueStart, end, depth + 1);
        if (isList) list.push(value);
        else add(key, value, first);
        pieceStart = end + 1;
      } else if (end - pieceStart > pieceSize || isLast) {
        take(end);
        pieceStart = end + 1;
      }
      childStart = end + 1;
      await look();
    };

    let nesting = 0;
    let containers = 0;
    let looked = from;
    for (let at = from + 1; at < to; at++) {
      if (at - looked > LOOK_EVERY) {
        looked = at;
        await look();
      }
      const character = text.charAt(at);
      if (character === '"') at = endOfString(text, at, to) - 1;
      else if (at === to - 1 || (character === "," && nesting === 0)) await finishChild(at);
      else if (character === "{" || character === "[") {
        if (++nesting + depth >= MAX_NESTING) throw new Stopped({ offset: at, reason: "nesting" });
        if (++containers > MAX_CONTAINERS) throw new Stopped({ offset: at, reason: "containers" });
      } else if (character === "}" || character === "]") {
        if (--nesting < 0) throw new Stopped({ offset: at, reason: "syntax" });
      }
    }
    if (childStart < to) throw new Stopped({ offset: to, reason: "syntax" });
    return isList ? list : object;
  };

  try {
    const isSmall = text.length <= pieceSize;
    return { value: isSmall ? parsePiece(0, text.length) : await parse(0, text.length, 1) };
  } catch (error) {
    if (error instanceof Stopped) return { fault: error.fault };
    throw error;
  }
};

/** Parsing has met a fault. */
class Stopped extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super("not JSON");
    this.fault = fault;
  }
}

/** `__proto__` is a key as any other, as in `JSON.parse`. */
const define = (object: Record<string, unknown>, key: string, value: unknown): void => {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
};

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

const trimmed = (text: string, start: number, stop: number): readonly [from: number, to: number] => {
  let from = start;
  let to = stop;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return [from, to];
};

/** The place after the string that starts at `start`; `stop` if it does not end before. */
const endOfString = (text: string, start: number, stop: number): number => {
  for (let end = text.indexOf('"', start + 1); end >= 0 && end < stop; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return stop;
};

/** A string, or a whole number of 16 digits or more. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;
/** Found in every text that needs {@link quoteLargeIntegers}; quick to look for, because the digits of vectors follow a point. */
const LARGE_INTEGER = /[:,[\s-]\d{16}/;

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

/** A key that one object has twice, and where it stands the second time. */
interface RepeatedKey {
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
      const end = endOfString(text, mark.index, text.length);
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

const COLON = /[ \t\n\r]*:/y;

/** Whether the string that ends at `end` is a key: a colon follows. */
const isKey = (text: string, end: number): boolean => {
  COLON.lastIndex = end;
  return COLON.test(text);
};
