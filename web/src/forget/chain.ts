import type { ReceiptBody } from "../../../src/api/receipts.ts";

const FIRST_PREVIOUS = "0".repeat(64);

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const sha256 = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** The text that a receipt's hash is made of: canonical JSON (RFC 8785), whose keys stand in order. */
const hashedText = async (collection: string, receipt: ReceiptBody): Promise<string> => {
  const { id, kind, position, sequence, count, previousHash } = receipt;
  const deletion = receipt.kind === "deletion";
  const later = receipt.version > 1;
  return JSON.stringify({
    anchorsHash: deletion ? receipt.anchorsHash : await sha256(""),
    at: deletion ? receipt.deletedAt : receipt.erasedAt,
    collection,
    count,
    generation: deletion ? null : receipt.generation,
    id,
    installation: deletion ? null : receipt.installation,
    ...(later ? { key: receipt.key } : {}),
    kind,
    ...(later ? { nodes: receipt.nodes } : {}),
    position,
    previousHash,
    ...(later ? { retainedBy: receipt.retainedBy } : {}),
    salt: deletion ? receipt.salt : "",
    sequence,
    ...(later ? { user: receipt.user, version: receipt.version } : {}),
  });
};

/** Whether this browser can compute hashes: it can on localhost and over HTTPS. */
export const canCheck = (): boolean => globalThis.isSecureContext;

/**
 * Checks a chain of receipts from its beginning, in this browser.
 *
 * @returns what is wrong, in words; null where every receipt follows the one before and has the hash of its content
 */
export const faultOfChain = async (
  collection: string,
  receipts: readonly ReceiptBody[],
): Promise<string | null> => {
  let previous = FIRST_PREVIOUS;
  for (const [i, receipt] of receipts.entries()) {
    if (receipt.position !== i + 1) return `A receipt is missing before number ${receipt.position}.`;
    if (receipt.previousHash !== previous)
      return `Number ${receipt.position} does not follow the one before.`;
    if (receipt.hash !== (await sha256(await hashedText(collection, receipt))))
      return `Number ${receipt.position} was changed.`;
    previous = receipt.hash;
  }
  return null;
};
