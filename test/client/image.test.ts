import { expect, it } from "vitest";
import { imageOf } from "../../src/features/client.ts";

it.each([0, 1, 2, 3, 4, 255, 256, 100_003])("imageOf encodes %d bytes as base64 of RFC 4648", (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + (i >> 8)) % 256);
  expect(imageOf(bytes)).toEqual({ base64: Buffer.from(bytes).toString("base64") });
});
