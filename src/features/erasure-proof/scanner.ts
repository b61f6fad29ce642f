/** Finds any of many byte strings, at any offset, in one pass. */
export interface Scanner {
  /** Calls `onHit` for every occurrence, overlapping ones included. */
  readonly scan: (bytes: Uint8Array, onHit: OnHit) => void;
  /**
   * For input in pieces: also finds matches across their borders; offsets count from the first byte of the first
   * piece.
   */
  readonly stream: (onHit: OnHit) => (piece: Uint8Array) => void;
}

/** @param needle index in the list that the scanner was created with */
export type OnHit = (needle: number, at: number) => void;

/** No needle is shorter. This number of bytes is looked up, the rest compared. */
export const KEY_BYTES = 4;
/** Half a mebibyte fits into a core's cache; it is read at every byte. */
const FILTER_BITS = 22;
/** Knuth's multiplicative hash (The Art of Computer Programming, 6.4), 2^32 over the golden ratio. */
const GOLDEN = 0x9e3779b1;
/** Of MurmurHash3's finaliser. */
const MURMUR = 0x85ebca6b;

interface Keyed {
  readonly needle: number;
  readonly bytes: Uint8Array;
  readonly keyAt: number;
}

export const createScanner = (needles: readonly Uint8Array[]): Scanner => {
  const keyAt = keyPlaces(needles);
  const first = createFilter(GOLDEN);
  const second = createFilter(MURMUR);
  const byKey = new Map<number, Keyed[]>();
  let longest = 0;
  needles.forEach((bytes, needle) => {
    const keyed = { needle, bytes, keyAt: keyAt[needle] ?? 0 };
    const key = keyOf(bytes, keyed.keyAt);
    first.add(key);
    second.add(key);
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [keyed]);
    else others.push(keyed);
    longest = Math.max(longest, bytes.length);
  });

  const scan = (bytes: Uint8Array, onHit: OnHit): void => {
    if (bytes.length < KEY_BYTES || needles.length === 0) return;
    let key = keyOf(bytes, 0) << 8;
    for (let end = KEY_BYTES - 1; end < bytes.length; end++) {
      key = (key >>> 8) | ((bytes[end] ?? 0) << 24);
      if (!first.may(key) || !second.may(key)) continue;
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
        // Matches that end within the overlap were found with the previous piece.
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

/** A Bloom filter: a key may have been added, or surely was not. */
const createFilter = (factor: number) => {
  const filter = new Uint8Array(2 ** (FILTER_BITS - 3));
  return {
    add: (key: number): void => {
      const slot = slotOf(key, factor);
      filter[slot >>> 3] = (filter[slot >>> 3] ?? 0) | (1 << (slot & 7));
    },
    may: (key: number): boolean => {
      const slot = slotOf(key, factor);
      return ((filter[slot >>> 3] ?? 0) & (1 << (slot & 7))) !== 0;
    },
  };
};

const slotOf = (key: number, factor: number): number => Math.imul(key, factor) >>> (32 - FILTER_BITS);

/**
 * Position of each needle's key: where it is shared with the fewest other needles, because captions often share
 * prefixes, and not among equal bytes such as zeros, which occur everywhere.
 */
const keyPlaces = (needles: readonly Uint8Array[]): Int32Array => {
  const shared = new Uint16Array(2 ** FILTER_BITS);
  for (const bytes of needles)
    for (let at = 0; at + KEY_BYTES <= bytes.length; at++) {
      const slot = slotOf(keyOf(bytes, at), GOLDEN);
      shared[slot] = Math.min(ALIKE - 1, (shared[slot] ?? 0) + 1);
    }
  return Int32Array.from(needles, (bytes) => {
    let best = 0;
    let least = Infinity;
    for (let at = 0; at + KEY_BYTES <= bytes.length; at++) {
      const cost = (shared[slotOf(keyOf(bytes, at), GOLDEN)] ?? 0) + (isVaried(bytes, at) ? 0 : ALIKE);
      if (cost < least) [best, least] = [at, cost];
    }
    return best;
  });
};

/** Greater than any number of needles that share a key. */
const ALIKE = 2 ** 16;

/** Whether all adjacent bytes of a key differ. */
const isVaried = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] !== bytes[at + 1] && bytes[at + 1] !== bytes[at + 2] && bytes[at + 2] !== bytes[at + 3];
