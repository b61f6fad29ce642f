const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

/**
 * Converts the bytes of an image file to an input, or to an anchor's `image`.
 *
 * @example
 * ```ts
 * await birds.putAnchors([{ id: "owl", text: "an owl", image: imageOf(await readFile("owl.jpg")) }]);
 * ```
 */
export const imageOf = (bytes: Uint8Array): { base64: string } => {
  // btoa needs a string of the bytes; creating that takes twenty times as long as this loop.
  const encoded = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  for (let from = 0, to = 0; from < bytes.length; from += 3) {
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) encoded[to++] = ALPHABET[(group >> shift) & 63] ?? 0;
  }
  encoded.fill(PADDING, encoded.length - ((3 - (bytes.length % 3)) % 3));
  return { base64: new TextDecoder().decode(encoded) };
};
