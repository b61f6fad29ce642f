import { AnchorageError } from "../errors.ts";

/**
 * Parses UTF-8 JSON.
 *
 * @param what names the text in errors, such as `The body` or `Line 3`.
 * @throws AnchorageError `invalid-input` that says at which line and column the text stops being JSON.
 */
export const parseJson = (bytes: Uint8Array, what: string): unknown => {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AnchorageError("invalid-input", `${what} is not UTF-8 text.`, { cause });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (text.trim() === "") throw new AnchorageError("invalid-input", `${what} is empty; JSON is expected.`);
    throw new AnchorageError("invalid-input", `${what} is not JSON: ${describeFault(text)}.`, { cause });
  }
};

const describeFault = (text: string): string => {
  const offset = faultOffset(text);
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  const found =
    offset >= text.length ? "it ends" : `${JSON.stringify(text.slice(offset, offset + 1))} stands`;
  return `${found} where something else is needed, at line ${line}, column ${column}`;
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
