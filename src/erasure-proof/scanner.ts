/** Finds any of many byte strings, at any offset, in one pass. */
export interface Scanner {
  /** Calls `onHit` for every occurrence, overlapping ones included. */
  readonly scan: (bytes: Uint8Array, onHit: OnHit) => void;
  /** For what comes in pieces: finds what lies across their borders too, at offsets from the first piece's first byte. */
  readonly stream: (onHit: OnHit) => (piece: Uint8Array) => void;
}

/** @param needle its place in the list that the scanner was made of */
export type OnHit = (needle: number, at: number) => void;

/** No needle is shorter: so many of its bytes are looked up, the rest is compared. */
export const KEY_BYTES = 4;
const FILTER_BITS = 22;
/** Knuth's multiplicative hash (The Art of Computer Programming, 6.4), 2^32 over the golden ratio. */
const GOLDEN = 0x9e3779b1;

interface Keyed {
  readonly needle: number;
  readonly bytes: Uint8Array;
  readonly keyAt: number;
}

export const createScanner = (needles: readonly Uint8Array[]): Scanner => {
  const filter = new Uint8Array(2 ** (FILTER_BITS - 3));
  const byKey = new Map<number, Keyed[]>();
  needles.forEach((bytes, needle) => {
    const keyAt = mostVaried(bytes);
    const key = keyOf(bytes, keyAt);
    const slot = Math.imul(key, GOLDEN) >>> (32 - FILTER_BITS);
    filter[slot >>> 3] = (filter[slot >>> 3] ?? 0) | (1 << (slot & 7));
    byKey.set(key, [...(byKey.get(key) ?? []), { needle, bytes, keyAt }]);
  });
  const longest = Math.max(0, ...needles.map(({ length }) => length));

  const scan = (bytes: Uint8Array, onHit: OnHit): void => {
    if (bytes.length < KEY_BYTES || needles.length === 0) return;
    let key = keyOf(bytes, 0) << 8;
    for (let end = KEY_BYTES - 1; end < bytes.length; end++) {
      key = end === KEY_BYTES - 1 ? keyOf(bytes, 0) : (key >>> 8) | ((bytes[end] ?? 0) << 24);
      const slot = Math.imul(key, GOLDEN) >>> (32 - FILTER_BITS);
      if (((filter[slot >>> 3] ?? 0) & (1 << (slot & 7))) === 0) continue;
      for (const keyed of byKey.get(key) ?? []) {
        const at = end - KEY_BYTES + 1 - keyed.keyAt;
        if (holds(bytes, at, keyed.bytes)) onHit(keyed.needle, at);
      }
    }
  };

  const stream: Scanner["stream"] = (onHit) => {
    let rest = new Uint8Array(0);
    let restAt = 0;
    return (piece) => {
      const bytes = new Uint8Array(rest.length + piece.length);
      bytes.set(rest);
      bytes.set(piece, rest.length);
      const old = rest.length;
      const from = restAt;
      scan(bytes, (needle, at) => {
        // What ends within the rest was found with the piece before.
        if (at + (needles[needle]?.length ?? 0) > old) onHit(needle, from + at);
      });
      const kept = Math.min(bytes.length, Math.max(0, longest - 1));
      rest = bytes.slice(bytes.length - kept);
      restAt = from + bytes.length - kept;
    };
  };

  return { scan, stream };
};

/** Little-endian, as a signed number. */
const keyOf = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

const holds = (bytes: Uint8Array, at: number, needle: Uint8Array): boolean => {
  if (at < 0 || at + needle.length > bytes.length) return false;
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
};

/** Where a key is least like what lies everywhere, such as zeros. */
const mostVaried = (bytes: Uint8Array): number => {
  let best = 0;
  let most = 0;
  for (let at = 0; at + KEY_BYTES <= bytes.length && most < KEY_BYTES; at++) {
    const distinct = new Set(bytes.subarray(at, at + KEY_BYTES)).size;
    if (distinct > most) [best, most] = [at, distinct];
  }
  return best;
};
