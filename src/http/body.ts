import type { Context } from "hono";
import type { z } from "@hono/zod-openapi";
import { AnchorageError } from "../errors.ts";
import { createTurns } from "../math/slices.ts";
import { parseJsonInPieces } from "./json.ts";
import { parseWith } from "./validation.ts";

const MIB = 1024 * 1024;
/** Bytes of a body that are decoded at once, in about a millisecond. */
const DECODED_AT_ONCE = MIB;
/** Bytes of a character in UTF-8, at most. */
const LONGEST_CHARACTER = 4;
/** The body's name in error messages. */
const BODY = "The body";

/** The media type of the body, lower case, without parameters; empty where none is named. */
export const mediaTypeOf = (c: Context): string =>
  (c.req.header("content-type") ?? "").split(";", 1).join("").trim().toLowerCase();

/**
 * Reads a JSON body of at most `limit` bytes and parses it by `schema`.
 *
 * @throws AnchorageError `unsupported-media-type`, `too-large` or `invalid-input`.
 */
export const readJsonBody = async <Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  limit: number,
): Promise<z.output<Schema>> => {
  requireMediaType(c, ["application/json"]);
  const turn = createTurns(c.req.raw.signal);
  const value = await parseJsonText(await readText(c, limit), BODY);
  // Thousands of conditions take long to check: neither parsing before it nor answering after it adds to that.
  await turn();
  const request = parseWith(schema, value);
  await turn();
  return request;
};

/** Reads a file of at most `limit` bytes. @throws AnchorageError `unsupported-media-type` or `too-large`. */
export const readFile = async (c: Context, limit: number): Promise<Uint8Array> => {
  requireMediaType(c, ["application/octet-stream"]);
  return readBytes(c, limit);
};

/** @throws AnchorageError `unsupported-media-type` for a body of another type, or one that is compressed. */
export const requireMediaType = (c: Context, accepted: readonly string[]): void => {
  const given = mediaTypeOf(c);
  if (!accepted.includes(given)) {
    const named =
      given === "" ? "The body has no Content-Type" : `Content-Type ${given} is not accepted here`;
    throw new AnchorageError("unsupported-media-type", `${named}; send ${accepted.join(" or ")}.`);
  }
  const encoding = c.req.header("content-encoding");
  if (encoding !== undefined && encoding !== "identity") {
    throw new AnchorageError(
      "unsupported-media-type",
      `Content-Encoding ${encoding} is not accepted; send the body as it is.`,
    );
  }
};

const readBytes = async (c: Context, limit: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of limitedChunks(c, limit)) {
    length += chunk.length;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
};

/** Decodes a body as it comes in, because decoding a large one at once takes long. */
const readText = async (c: Context, limit: number): Promise<string> => {
  let text = "";
  let rest: Uint8Array[] = [];
  let length = 0;
  const turn = createTurns(c.req.raw.signal);
  for await (const chunk of limitedChunks(c, limit)) {
    length += chunk.length;
    rest.push(chunk);
    if (length < DECODED_AT_ONCE) continue;
    const bytes = Buffer.concat(rest, length);
    const end = endOfWholeCharacters(bytes);
    text += decodeUtf8(bytes.subarray(0, end), BODY, text !== "");
    rest = [bytes.subarray(end)];
    length = bytes.length - end;
    await turn();
  }
  return text + decodeUtf8(Buffer.concat(rest, length), BODY, text !== "");
};

/** The chunks of a body of at most `limit` bytes. @throws AnchorageError `too-large` */
async function* limitedChunks(c: Context, limit: number): AsyncGenerator<Uint8Array, void> {
  // Refused by its announced length before a byte is read, and by its true length where none is announced.
  if (Number(c.req.header("content-length") ?? 0) > limit) throw tooLarge(limit);
  let length = 0;
  for await (const chunk of bodyChunks(c)) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    yield chunk;
  }
}

/** Where a character begins that goes on in the next chunk; the end of the bytes if none does. */
const endOfWholeCharacters = (bytes: Uint8Array): number => {
  for (let back = 1; back <= LONGEST_CHARACTER && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const characterLength = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return characterLength > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
};

/** @param isContinued whether text comes before it, so that no byte order mark is skipped */
const decodeUtf8 = (bytes: Uint8Array, what: string, isContinued = false): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: isContinued }).decode(bytes);
  } catch (cause) {
    throw new AnchorageError("invalid-input", `${what} is not UTF-8 text.`, { cause });
  }
};

/**
 * The chunks of the body as they come; the next is only read when it is asked for.
 *
 * What is left unread is not cancelled, because that would cut the connection before the answer got out; the server
 * drains it.
 */
export async function* bodyChunks(c: Context): AsyncGenerator<Uint8Array, void> {
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return;
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
    if (done || value === undefined) return;
    yield value;
  }
}

const tooLarge = (limit: number): AnchorageError =>
  new AnchorageError(
    "too-large",
    `The body is larger than ${Math.round((limit / MIB) * 100) / 100} MiB, which is this service's BODY_LIMIT_MIB.`,
  );

/**
 * Parses UTF-8 JSON, a large one in pieces between which other requests are served. Whole numbers that a double cannot
 * hold become texts of the same digits, not rounded numbers.
 *
 * @param what names the text in errors, such as `The body` or `Line 3`.
 * @throws AnchorageError `invalid-input` that says at which line and column the text stops being JSON, or is nested too
 * deep.
 */
export const parseJson = async (bytes: Uint8Array, what: string): Promise<unknown> =>
  parseJsonText(decodeUtf8(bytes, what), what);

const parseJsonText = async (text: string, what: string): Promise<unknown> => {
  const outcome = await parseJsonInPieces(text, faultOffset);
  if ("value" in outcome) return outcome.value;
  const { offset, reason, key } = outcome.fault;
  const place = placeOf(text, offset);
  if (reason === "nesting")
    throw new AnchorageError("invalid-input", `${what} is nested too deep, ${place}.`);
  if (reason === "repeated-key")
    throw new AnchorageError(
      "invalid-input",
      `${what} has the key ${JSON.stringify(key)} twice in one object, ${place}.`,
    );
  if (offset >= text.length && text.trim() === "")
    throw new AnchorageError("invalid-input", `${what} is empty; JSON is expected.`);
  const found =
    offset >= text.length ? "it ends" : `${JSON.stringify(text.slice(offset, offset + 1))} stands`;
  throw new AnchorageError(
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
