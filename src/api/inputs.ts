import { z } from "@hono/zod-openapi";
import { base64Fault, anchorId, modality, optional, text, vector } from "./values.ts";

/** For examples: one that works with any collection whose images are encoded here. */
export const RED_PIXEL = {
  image: {
    base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC",
  },
};

const DATA_URL = /^data:[^,;]*;base64,/;

const decodeBase64 = (encoded: string): Uint8Array | string => {
  const data = encoded.slice(DATA_URL.exec(encoded.slice(0, 200))?.[0].length ?? 0);
  if (data === "") return "must not be empty";
  return base64Fault(data) ?? Buffer.from(data, "base64");
};

/** The bytes of an image file. */
export const image = z
  .strictObject({
    base64: z
      .string()
      .transform((encoded, context) => {
        const decoded = decodeBase64(encoded);
        if (typeof decoded !== "string") return decoded;
        context.addIssue({ code: "custom", message: decoded, input: encoded });
        return z.NEVER;
      })
      .openapi({
        type: "string",
        format: "byte",
        description:
          "The bytes of a PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG file, base64 (RFC 4648 section 4) without line breaks; " +
          "a `data:image/png;base64,` before it is accepted.",
      }),
  })
  .transform(({ base64 }) => base64)
  .openapi("Image", { example: RED_PIXEL.image });

const KINDS = `{"text": …}, {"image": {"base64": …}}, {"vector": […]} or {"anchor": …}`;

/** What a value should be of inputs of these kinds, and what it is instead. */
export const describeKinds = (value: unknown, kinds: string): string => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `must be one of ${kinds}`;
  const keys = Object.keys(value).map((key) => JSON.stringify(key));
  return `must be exactly one of ${kinds}; it has ${keys.length === 0 ? "no key" : keys.slice(0, 8).join(", ")}`;
};

export const input = z
  .union(
    [
      z.strictObject({ text }).openapi("TextInput", { example: { text: "a red fox" } }),
      z.strictObject({ image }).openapi("ImageInput"),
      z
        .strictObject({ vector, modality: optional(modality) })
        .openapi("VectorInput", { example: { vector: [0.12, -0.5, 0.31], modality: "image" } }),
      z
        .strictObject({ anchor: anchorId, modality: optional(modality) })
        .openapi("AnchorInput", { example: { anchor: "a1" } }),
    ],
    { error: (issue) => describeKinds(issue.input, KINDS) },
  )
  .openapi("Input", {
    description:
      "A text, the bytes of an image, a vector of the collection's dimension, or the stored vector of an anchor.",
    example: { text: "a red fox" },
  });

/** What a query, a class prompt or an anchor is made from; an image is the bytes of its file. */
export type Input = z.output<typeof input>;
export type InputBody = z.input<typeof input>;
