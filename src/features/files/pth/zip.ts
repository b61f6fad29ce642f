import { noCheckpoint } from "./fault.ts";

const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MOST_ENTRIES = 65_534;
/** What a number is in place of one that does not fit. */
const ELSEWHERE = 0xffff_ffff;

const SIGNATURES = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const;

/**
 * The entries of a zip archive by their names, as parts of `bytes`: those that are stored as they are, for what is
 * compressed may become of any size.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong
 */
export const readZip = (bytes: Uint8Array): Map<string, Uint8Array> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > MOST_ENTRIES || at === ELSEWHERE) throw noCheckpoint("its archive is of the 64-bit kind");
  const entries = new Map<string, Uint8Array>();
  let stored = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== SIGNATURES.entry)
      throw noCheckpoint("its archive's list of entries is damaged");
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const name = textAt(bytes, at + ENTRY_BYTES, nameLength ?? 0);
    const content = contentOf(bytes, view, at, name);
    stored += content.length;
    // Each byte belongs to one entry.
    if (stored > bytes.length) throw noCheckpoint("its archive's entries overlap");
    if (entries.has(name)) throw noCheckpoint(`"${name}" is in its archive twice`);
    entries.set(name, content);
    at += ENTRY_BYTES + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
};

const endOf = (view: DataView): number => {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--)
    if (view.getUint32(at, true) === SIGNATURES.end) return at;
  throw noCheckpoint("it is no zip archive, or its end is missing");
};

const contentOf = (bytes: Uint8Array, view: DataView, entry: number, name: string): Uint8Array => {
  const flags = view.getUint16(entry + 8, true);
  const method = view.getUint16(entry + 10, true);
  const [packed, length] = [view.getUint32(entry + 20, true), view.getUint32(entry + 24, true)];
  const local = view.getUint32(entry + 42, true);
  if ((flags & 1) !== 0) throw noCheckpoint(`"${name}" is encrypted`);
  if (method !== 0 || packed !== length) throw noCheckpoint(`"${name}" is compressed`);
  if (length === ELSEWHERE || local === ELSEWHERE) throw noCheckpoint("its archive is of the 64-bit kind");
  if (local + LOCAL_BYTES > bytes.length || view.getUint32(local, true) !== SIGNATURES.local)
    throw noCheckpoint(`"${name}" is not where its archive says`);
  const nameLength = view.getUint16(local + 26, true);
  const start = local + LOCAL_BYTES + nameLength + view.getUint16(local + 28, true);
  if (start + length > bytes.length || textAt(bytes, local + LOCAL_BYTES, nameLength) !== name)
    throw noCheckpoint(`"${name}" is not where its archive says`);
  return bytes.subarray(start, start + length);
};

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  new TextDecoder().decode(bytes.subarray(at, at + length));
