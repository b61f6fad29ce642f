import type { Context } from "hono";
import { z } from "@hono/zod-openapi";
import { AnchorageError, faultyFields, fieldPath, type FieldFault } from "../errors.ts";
import { createTurns } from "../math/slices.ts";
import { withMemory } from "../memory-budget.ts";
import { faultOffset, jsonFaultError } from "./json-fault.ts";
import { parseJsonInPieces } from "./json.ts";

const MIB = 1024 * 1024;
/** Bytes of a body that are decoded at once, in about a millisecond. */
const DECODED_AT_ONCE = MIB;
/** Bytes of a character in UTF-8, at most. */
const LONGEST_CHARACTER = 4;
/** Bodies from here on are counted: as they come, as text, and as the values that they are parsed to. */
const COUNTED_FROM = MIB;
const COPIES = 5;
/** The body's name in error messages. */
export const BODY = "The body";

/** The media type that a `Content-Type` names, lower case, without parameters; empty where none is named. */
export const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? "").split(";", 1).join("").trim().toLowerCase();

/**
 * Reads a JSON body of at most `limit` bytes and parses it by `schema`.
 *
 * @throws AnchorageError `unsupported-media-type`, `too-large` or `invalid-input`; `insufficient-memory` before a body is read
 * for which there is no room.
 */
export const readJsonBody = async <Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  limit: number,
): Promise<z.output<Schema>> => {
  requireMediaType(c, ["application/json"]);
  const length = Number(c.req.header("content-length") ?? 0);
  if (length < COUNTED_FROM || length > limit) return readAndParse(c, schema, limit);
  return withMemory({ bytes: COPIES * length, what: "Reading this request" }, () =>
    readAndParse(c, schema, limit),
  );
};

const readAndParse = async <Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  limit: number,
): Promise<z.output<Schema>> => {
  const text = await readText(c, limit);
  const turn = createTurns(c.req.raw.signal);
  await turn();
  const value = await parseJsonText(text, BODY);
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
  const given = mediaTypeOf(c.req.header("content-type"));
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
 * The chunks of the body as they come; the next is read only on demand.
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
  throw jsonFaultError(text, outcome.fault, what);
};

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/**
 * Parses `value` by `schema`.
 *
 * @throws AnchorageError `invalid-input` whose faults name each field as the caller wrote it, such as
 * `["anchors", 3, "image", "base64"]`.
 */
export const parseWith = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value, { error: describeIssue, reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, []));
  throw faultyFields(faults, { whole: "The body " });
};

/** What zod says of a union that has no message of its own. */
const UNSAID = "Invalid input";

const faultsOf = (issue: Issue, at: readonly PropertyKey[]): FieldFault[] => {
  const path = [...at, ...issue.path];
  if (issue.code === "invalid_union") {
    // What the caller meant is the one alternative whose keys are those that were sent.
    const [meant, ...others] = issue.errors.filter((issues) => issues.every((inner) => !isOfShape(inner)));
    if (meant !== undefined && others.length === 0) return meant.flatMap((inner) => faultsOf(inner, path));
    // A body is told by the alternative that it is nearest to, unless the union says more.
    if (path.length === 0 && issue.message === UNSAID) {
      const told = issue.errors.map((issues) => issues.flatMap((inner) => faultsOf(inner, path)));
      const [nearest] = told.sort((a, b) => a.length - b.length);
      if (nearest !== undefined) return nearest;
    }
  }
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: fieldPath([...path, key]), message: issue.message }));
  return [{ path: fieldPath(path), message: issue.message }];
};

/** Whether an issue says that the whole value is of another shape, not that one of its fields is wrong. */
const isOfShape = (issue: Issue): boolean =>
  issue.path.length === 0 || (issue.path.length === 1 && issue.input === undefined);

const describeIssue = (issue: RawIssue): string | undefined => {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return `must be ${expected(issue.expected, issue.format)}, not ${kindOf(issue.input)}`;
    case "unrecognized_keys": {
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
      return `is not a key that is known here; known are ${known.join(", ")}`;
    }
    case "invalid_value":
      if (issue.input === undefined) return "is required";
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_small":
      return `must ${bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}`;
    default:
      return undefined;
  }
};

const expected = (type: string, format: unknown): string => {
  if (format === "safeint" || type === "int") return "a whole number";
  if (type === "array") return "a list";
  return type === "object" ? "an object" : `a ${type}`;
};

const kindOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isInteger(value)) return "a fraction";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};

const bound = (origin: string, comparison: string, limit: number | bigint): string => {
  if (origin === "array" || origin === "set")
    return `hold ${comparison} ${limit} item${limit === 1 ? "" : "s"}`;
  if (origin === "string") return `have ${comparison} ${limit} character${limit === 1 ? "" : "s"}`;
  return `be ${comparison} ${limit}`;
};
