import { AnchorageError } from "../errors.ts";

/** Text that is not JSON, or JSON that is nested too deep, has too many parts or repeats a key in one object. */
export interface JsonFault {
  /** Where the text stops being JSON, or the first level or part too many, or about where the key is repeated. */
  readonly offset: number;
  readonly reason: "syntax" | "nesting" | "containers" | "repeated-key";
  /** The key that one object has twice. */
  readonly key?: string;
}

/**
 * The error for a text that is not JSON: what is wrong, at which line and column.
 *
 * @param what names the text, such as `The body` or `Line 3`
 */
export const jsonFaultError = (text: string, fault: JsonFault, what: string): AnchorageError => {
  const { offset, reason, key } = fault;
  const place = placeOf(text, offset);
  if (reason === "nesting")
    return new AnchorageError("invalid-input", `${what} is nested too deep, ${place}.`);
  if (reason === "containers")
    return new AnchorageError(
      "invalid-input",
      `${what} has more lists and objects than 1,000,000, ${place}.`,
    );
  if (reason === "repeated-key")
    return new AnchorageError(
      "invalid-input",
      `${what} has the key ${JSON.stringify(key)} twice in one object, ${place}.`,
    );
  if (offset >= text.length && text.trim() === "")
    return new AnchorageError("invalid-input", `${what} is empty; JSON is expected.`);
  const found =
    offset >= text.length ? "it ends" : `${JSON.stringify(text.slice(offset, offset + 1))} stands`;
  return new AnchorageError(
    "invalid-input",
    `${what} is not JSON: ${found} where something else is needed, ${place}.`,
  );
};

const placeOf = (text: string, offset: number): string => {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0 && end < offset; end = text.indexOf("\n", start)) {
    line += 1;
    start = end + 1;
  }
  return `at line ${line}, column ${offset - start + 1}`;
};

const SPACE = /[ \t\n\r]*/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The offset of the first character at which `text`, which is not JSON, stops being JSON. V8 does not always tell.
 *
 * Without recursion, and without a regular expression that could backtrack over a string of many megabytes.
 */
export const faultOffset = (text: string): number => {
  const open: ("}" | "]")[] = [];
  let at = 0;

  const eat = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const matched = pattern.exec(text);
    at += matched?.[0].length ?? 0;
    return matched !== null;
  };
  const string = (): boolean => {
    if (text[at] !== '"') return false;
    for (at += 1; at < text.length && text[at] !== '"';) {
      if (text[at] === "\\") {
        if (!eat(ESCAPE)) return false;
      } else if (text.charCodeAt(at) < 0x20) return false;
      else at += 1;
    }
    if (at >= text.length) return false;
    at += 1;
    return true;
  };
  const key = (): boolean => {
    eat(SPACE);
    if (!string()) return false;
    eat(SPACE);
    at += 1;
    if (text[at - 1] === ":") return true;
    at -= 1;
    return false;
  };

  let expectsValue = true;
  for (;;) {
    eat(SPACE);
    const character = text[at];
    const closing = open.at(-1);
    if (expectsValue) {
      if (character === "{" || character === "[") {
        open.push(character === "{" ? "}" : "]");
        at += 1;
        eat(SPACE);
        // An empty object or list ends here, which the branches below see to.
        if (text[at] === open.at(-1)) expectsValue = false;
        else if (character === "{" && !key()) return at;
      } else if (character === '"' ? string() : eat(NUMBER_OR_WORD)) expectsValue = false;
      else return at;
    } else if (closing !== undefined && character === closing) {
      open.pop();
      at += 1;
    } else if (closing !== undefined && character === ",") {
      at += 1;
      if (closing === "}" && !key()) return at;
      expectsValue = true;
    } else return at;
  }
};
