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

const MAX_K = 100_000;
const MAX_P = 100;

export const k = z
  .int()
  .min(1)
  .max(MAX_K)
  .openapi({ description: "How many anchors a relative representation keeps.", example: 800 });

export const p = z
  .number()
  .gt(0)
  .max(MAX_P)
  .openapi({ type: "number", description: "The power that similarities are raised to.", example: 8 });

export const negatives = z.enum(["cut", "keep"]).openapi({
  description:
    "What similarities below 0 count for: `cut`: nothing, as in the code of ASIF's authors; `keep`: their power with its " +
    "sign. They matter only where fewer than k anchors are similar. New collections cut, those made by versions up to " +
    "0.1 keep.",
});
/** What similarities below 0 count for in a relative representation. */
export type Negatives = z.output<typeof negatives>;
const auto = z.literal("auto");
const asifSettingShape = {
  k: z.union([auto, k], { error: `must be "auto" or a whole number from 1 to ${MAX_K}` }).openapi({
    description: "As in a query; `auto` goes by the transform and the number of anchors.",
    example: "auto",
  }),
  p: z.union([auto, p], { error: `must be "auto" or a number above 0, at most ${MAX_P}` }).openapi({
    description: "As in a query; `auto` goes by the transform and the number of anchors.",
    example: "auto",
  }),
};

/** ASIF's parameters as a collection keeps them. */
export const asifSetting = z.strictObject({ ...asifSettingShape, negatives });
export type AsifSetting = z.output<typeof asifSetting>;

/** As a request sets them: what is absent stays as it is. */
export const asifChange = z.strictObject({
  k: optional(asifSettingShape.k),
  p: optional(asifSettingShape.p),
  negatives: optional(negatives),
});

/** The values that answers are computed with. */
export const asifParameters = z.strictObject({ k: z.int(), p: z.number(), negatives });

/** What an answer says of the k and p that it was computed with. */
export const asifUsed = asifParameters.pick({ k: true, p: true });

/** How many anchors a relative representation keeps, the power of their similarities, and what negative ones count for. */
export type AsifParameters = z.output<typeof asifParameters>;

/** Not a constant: zod changes the path of an issue in place. */
const notAList = (): ValueFault => fault("must be a list of numbers");
const NUMBERS = { type: "array", items: { type: "number" } } as const;

/** A list of finite numbers, of any length. */
export const numbers = checked<readonly number[]>((value) => {
  if (!Array.isArray(value)) return notAList();
  const wrong = value.findIndex((item) => typeof item !== "number" || !Number.isFinite(item));
  return wrong < 0 ? null : fault("is not a finite number", [wrong]);
}).openapi(NUMBERS);

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
