import { z } from "@hono/zod-openapi";

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type Metadata = Readonly<Record<string, JsonValue>>;

/**
 * A key that may be absent.
 *
 * JSON has no undefined, so that the exact type is the true one; zod's own `exactOptional` is taken for a required key
 * by the generator of the OpenAPI document.
 */
export const optional = <T extends z.ZodType>(schema: T): z.ZodExactOptional<T> =>
  schema.optional() as unknown as z.ZodExactOptional<T>;

const MAX_DEPTH = 32;
/** Of one anchor's metadata as JSON, in characters: all of it is kept in memory. */
const MAX_METADATA = 65_536;

interface ValueFault {
  readonly path: (string | number)[];
  readonly message: string;
}

const fault = (message: string, path: (string | number)[] = []): ValueFault => ({ path, message });

/** A value that one function looks through, where that is clearer or quicker than a schema of many parts. */
export const checked = <T>(faultOf: (value: unknown) => ValueFault | null) =>
  z.custom<T>().superRefine((value: unknown, context) => {
    const found = value === undefined ? fault("is required") : faultOf(value);
    if (found !== null) context.addIssue({ code: "custom", ...found, input: value, continue: false });
  });

/** What Postgres cannot keep, and no one means to send. */
const textFault = (value: string): string | null =>
  value.includes("\0") || !value.isWellFormed() ? "must be well-formed Unicode without NUL" : null;

/** Well-formed text; how long it may be is the domain's to say. */
export const text = checked<string>((value) => {
  if (typeof value !== "string") return fault("must be a string");
  const message = textFault(value);
  return message === null ? null : fault(message);
}).openapi({ type: "string" });

/** Well-formed text of 1 to `length` UTF-16 code units. */
export const textUpTo = (length: number) =>
  checked<string>((value) => {
    if (typeof value !== "string") return fault("must be a string");
    if (value === "" || value.length > length) return fault(`must be 1 to ${length} characters long`);
    const message = textFault(value);
    return message === null ? null : fault(message);
  }).openapi({ type: "string", minLength: 1, maxLength: length });

const MAX_ID_LENGTH = 200;

export const anchorId = checked<string>((value) => {
  if (typeof value !== "string") return fault("must be a string");
  const tooLong = value.length > 2 * MAX_ID_LENGTH || Array.from(value).length > MAX_ID_LENGTH;
  if (value === "" || tooLong) return fault(`must be 1 to ${MAX_ID_LENGTH} characters long`);
  const message = textFault(value);
  return message === null ? null : fault(message);
})
  .brand<"AnchorId">()
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: MAX_ID_LENGTH,
    description: "Chosen by you, unique within the collection; slashes and any Unicode are fine.",
    example: "a1",
  });

export const collectionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit")
  .brand<"CollectionName">()
  .openapi({
    type: "string",
    pattern: "^[a-z0-9][a-z0-9_-]{0,62}$",
    description: "The collection's name.",
    example: "birds",
  });

/** Chosen by the user, 1 to 200 characters, unique within its collection. */
export type AnchorId = z.output<typeof anchorId>;
/** `[a-z0-9][a-z0-9_-]{0,62}` */
export type CollectionName = z.output<typeof collectionName>;

/** The id of a frozen encoder in the registry, or `external-<dimension>`. */
export const encoderId = z.string().brand<"EncoderId">();
export type EncoderId = z.output<typeof encoderId>;

/** A collection's monotone change number; every committed write has one. 0 before the first. */
export const sequence = z.int().brand<"Sequence">();
export type Sequence = z.output<typeof sequence>;

/** A `Date` here, ISO 8601 on the wire. */
export const instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export const modality = z.enum(["image", "text"]);
export type Modality = z.output<typeof modality>;

const MIN_SEQUENCE =
  "Of a write, wherever it was made: the answer is computed at it or later. Where this process is behind it waits up to 5 s, then answers 503.";

export const minSequence = z
  .int()
  .min(0)
  .brand<"Sequence">()
  .openapi({ type: "integer", minimum: 0, description: MIN_SEQUENCE, example: 17 });

/** The same as a parameter of a URL. */
export const minSequenceParameter = z
  .string()
  .regex(/^\d{1,15}$/, "must be a whole number")
  .transform(Number)
  .pipe(sequence)
  .openapi({ type: "integer", minimum: 0, description: MIN_SEQUENCE });

const MAX_PAGE = 1_000;
/** Entries of a page where the request names no limit. */
export const PAGE_SIZE = 50;

/** The parameters of a listing. */
export const page = {
  limit: optional(
    z
      .string()
      .regex(/^\d{1,9}$/, "must be a whole number")
      .transform(Number)
      .pipe(z.int().min(1).max(MAX_PAGE))
      .openapi({ type: "integer", minimum: 1, maximum: MAX_PAGE, default: PAGE_SIZE }),
  ),
  cursor: optional(z.string().min(1).openapi({ description: "`nextCursor` of the page before." })),
};

/** Not a constant: zod changes the path of an issue in place. */
const notAList = (): ValueFault => fault("must be a list of numbers");
const NUMBERS = { type: "array", items: { type: "number" } } as const;

/** A list of finite numbers, of any length. */
export const numbers = checked<readonly number[]>((value) => {
  if (!Array.isArray(value)) return notAList();
  const wrong = value.findIndex((item) => typeof item !== "number" || !Number.isFinite(item));
  return wrong < 0 ? null : fault("is not a finite number", [wrong]);
}).openapi(NUMBERS);

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

const MAX_COMPARED = 65_536;

/**
 * Why a text is not base64 (RFC 4648 section 4, without line breaks); null if it is. Buffer skips what it does not know
 * and would make other bytes of a damaged text.
 */
export const base64Fault = (text: string): string | null => {
  if (isCanonical(text) || (text.length % 4 === 0 && BASE64.test(text))) return null;
  const wrong = text.replace(/={1,2}$/, "").search(NOT_BASE64);
  return wrong >= 0
    ? `is not base64: character ${wrong + 1} is ${JSON.stringify(text[wrong])}`
    : "is not base64: its length is not a multiple of 4";
};

/** Quicker than the pattern for texts as long as a vector is. */
const isCanonical = (text: string): boolean =>
  text.length <= MAX_COMPARED && Buffer.from(text, "base64").toString("base64") === text;

const BYTES_PER_NUMBER = Float32Array.BYTES_PER_ELEMENT;
const VECTOR = "Finite, not all zero, of the collection's dimension; it need not be normalised.";
const VECTOR_EXAMPLE = [0.12, -0.5, 0.31];

/** The length of decoded base64 in bytes. */
const bytesOf = (encoded: string): number =>
  (encoded.length / 4) * 3 - (encoded.endsWith("==") ? 2 : encoded.endsWith("=") ? 1 : 0);

const encodedFault = (encoded: string): string | null => {
  const message = encoded === "" ? null : base64Fault(encoded);
  if (message !== null || bytesOf(encoded) % BYTES_PER_NUMBER === 0) return message;
  return `is base64 of ${bytesOf(encoded)} bytes, which are no whole 32-bit numbers`;
};

/**
 * A vector: a list of numbers, or base64 of little-endian float32. Only that it is a list or base64 is checked here,
 * because a body can hold millions of numbers: `readVector` checks each number and the dimension in the pass that copies
 * them, so whatever uses a vector has to read it by that function.
 */
export const vector = checked<readonly number[] | string>((value) => {
  if (Array.isArray(value)) return null;
  const message = typeof value === "string" ? encodedFault(value) : "must be a list of numbers or base64";
  return message === null ? null : { path: [], message };
}).openapi({
  type: ["array", "string"],
  items: NUMBERS.items,
  description: `${VECTOR} A text is the numbers as little-endian float32, base64 (RFC 4648 section 4).`,
  example: VECTOR_EXAMPLE,
});

/** A vector of an answer that writes numbers. */
export const vectorNumbers = checked<readonly number[]>((value) =>
  Array.isArray(value) ? null : { path: [], message: "must be a list of numbers" },
).openapi({ ...NUMBERS, description: VECTOR, example: VECTOR_EXAMPLE });

/** The parameter that adds stored vectors to an answer. */
export const vectorsParameter = z
  .enum(["true", "false", "base64"])
  .transform((value) => (value === "base64" ? value : value === "true"))
  .openapi({
    type: "string",
    enum: ["true", "false", "base64"],
    description: "`true` adds the stored vectors as numbers, `base64` as base64 of little-endian float32.",
  });

/** A vector as a request gives it: numbers, or base64 of little-endian float32. */
export type GivenVector = z.output<typeof vector>;

/** The first thing in a JSON value that could not be kept as it is. */
export const valueFault = (value: unknown, path: (string | number)[] = []): ValueFault | null => {
  if (typeof value === "string") {
    const message = textFault(value);
    return message === null ? null : fault(message, path);
  }
  if (typeof value === "number" && !Number.isFinite(value)) return fault("is not a finite number", path);
  if (typeof value !== "object" || value === null) return null;
  if (path.length >= MAX_DEPTH) return fault(`is nested deeper than ${MAX_DEPTH} levels`, path);
  for (const [key, item] of Object.entries(value)) {
    const message = textFault(key);
    if (message !== null) return fault(`has a key that is wrong: it ${message}`, path);
    if (key === "__proto__") return fault(`must not have the key "__proto__"`, path);
    const found = valueFault(item, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found !== null) return found;
  }
  return null;
};

export const metadata = checked<Metadata>((value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fault("must be an object");
  const found = valueFault(value);
  if (found !== null || JSON.stringify(value).length <= MAX_METADATA) return found;
  return fault(`must be at most ${MAX_METADATA} characters of JSON`);
}).openapi("Metadata", {
  type: "object",
  additionalProperties: true,
  description: `Any JSON object of at most ${MAX_METADATA} characters; filters look at its fields.`,
  example: { owner: "ann", year: 2024, tags: ["fox", "animal"] },
});
