const STEP = 0x8000;

/**
 * The bytes of an image file as an input, or as an anchor's `image`.
 *
 * @example
 * ```ts
 * await birds.putAnchors([{ id: "owl", text: "an owl", image: imageOf(await readFile("owl.jpg")) }]);
 * ```
 */
export const imageOf = (bytes: Uint8Array): { base64: string } => {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += STEP)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + STEP)));
  return { base64: btoa(parts.join("")) };
};
