import { z } from "@hono/zod-openapi";
import { base64Fault } from "./base64.ts";
import { checked } from "./values.ts";

const BYTES_PER_NUMBER = Float32Array.BYTES_PER_ELEMENT;
const DESCRIPTION = "Finite, not all zero, of the collection's dimension; it need not be normalised.";
const EXAMPLE = [0.12, -0.5, 0.31];
const LIST = { type: "array", items: { type: "number" } } as const;

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
  items: LIST.items,
  description: `${DESCRIPTION} A text is the numbers as little-endian float32, base64 (RFC 4648 section 4).`,
  example: EXAMPLE,
});

/** A vector of an answer that writes numbers. */
export const vectorNumbers = checked<readonly number[]>((value) =>
  Array.isArray(value) ? null : { path: [], message: "must be a list of numbers" },
).openapi({ ...LIST, description: DESCRIPTION, example: EXAMPLE });

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
