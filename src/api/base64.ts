const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/**
 * Why a text is not base64 (RFC 4648 section 4, without line breaks); null if it is. Buffer skips what it does not know
 * and would make other bytes of a damaged text.
 */
export const base64Fault = (text: string): string | null => {
  if (text.length % 4 === 0 && BASE64.test(text)) return null;
  const wrong = text.replace(/={1,2}$/, "").search(NOT_BASE64);
  return wrong >= 0
    ? `is not base64: character ${wrong + 1} is ${JSON.stringify(text[wrong])}`
    : "is not base64: its length is not a multiple of 4";
};
