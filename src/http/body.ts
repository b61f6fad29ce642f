import type { Context } from "hono";
import type { z } from "@hono/zod-openapi";
import { AnchorageError } from "../errors.ts";
import { parseJson } from "./json.ts";
import { parseWith } from "./validation.ts";

const MIB = 1024 * 1024;

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
  return parseWith(schema, parseJson(await readBytes(c, limit), "The body"));
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
  // Refused by its announced length before a byte is read, and by its true length where none is announced.
  if (Number(c.req.header("content-length") ?? 0) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyChunks(c)) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
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
