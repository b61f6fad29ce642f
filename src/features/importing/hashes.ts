/**
 * A 53-bit hash of a text (cyrb53 by bryc, public domain), for telling apart a few texts. It is not cryptographic.
 *
 * @example
 * ```ts
 * hashOfText("a red fox") === hashOfText("a red fox"); // true
 * ```
 */
export const hashOfText = (text: string): number => {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return 0x1_0000_0000 * (0x1f_ffff & low) + (high >>> 0);
};

/** A hash of {@link hashOfText} in an id: 11 letters and digits. */
export const idPartOf = (hash: number): string => hash.toString(36).padStart(11, "0");

/** SHA-256 in hexadecimal. */
export const sha256Of = async (bytes: Uint8Array): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
};
