import { open, type FileHandle } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { crc32 } from "node:zlib";
import { BYTE_ORDER } from "../byte-order.ts";
import type { Modality } from "../../types.ts";
import type { AnchorEntry, UnitAnchors } from "../types.ts";
import {
  ANCHORS_AT_ONCE,
  corruptSnapshot,
  decodeHeader,
  parseEntry,
  HEADER_BYTES,
  SECTIONS,
  type SectionName,
  type SnapshotHeader,
  type SnapshotSubject,
} from "./format.ts";
import { fillFromFile } from "../fill-from-file.ts";

const LINES_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads a snapshot and passes its anchors to `onAnchors` in batches. Checksums are verified last: if this throws, the
 * caller must discard everything that it received.
 *
 * @param onAnchors must copy the vectors, because their memory is reused
 * @param check called before the first batch; it throws if the snapshot does not match the store
 * @throws AnchorageError `corrupt-file` with the reason, or the error of the file system
 */
export const readSnapshot = async (
  path: string,
  subject: SnapshotSubject,
  check: (header: SnapshotHeader) => Promise<void>,
  onAnchors: (anchors: UnitAnchors) => void,
): Promise<SnapshotHeader> => {
  const file = await open(path, "r");
  try {
    const header = await readHeader(file);
    refuseForeign(header, subject);
    await refuseMisfit(file, header);
    await check(header);
    const sections = sectionsOf(file, header);
    const { image, text } = header.encoders;
    const imageRows = new Float32Array(ANCHORS_AT_ONCE * image.dimension);
    const textRows = new Float32Array(ANCHORS_AT_ONCE * text.dimension);
    let anchors = 0;
    for await (const entries of entriesIn(sections.entries)) {
      anchors += entries.length;
      const [imagePart, textPart] = [
        imageRows.subarray(0, entries.length * image.dimension),
        textRows.subarray(0, entries.length * text.dimension),
      ];
      await Promise.all([sections.image.fill(bytesOf(imagePart)), sections.text.fill(bytesOf(textPart))]);
      onAnchors({ entries, image: imagePart, text: textPart });
    }
    if (anchors !== header.anchors)
      throw corruptSnapshot(`it holds ${anchors} anchors in place of ${header.anchors}`);
    for (const name of SECTIONS)
      if (sections[name].sum() !== header.sections[name].crc32)
        throw corruptSnapshot(`its section "${name}" does not match its CRC-32`);
    return header;
  } finally {
    await file.close();
  }
};

const readHeader = async (file: FileHandle): Promise<SnapshotHeader> => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const read = await fillFromFile(file, bytes, 0);
  return decodeHeader(bytes.subarray(0, read));
};

const refuseForeign = (
  { collection, encoders, byteOrder }: SnapshotHeader,
  subject: SnapshotSubject,
): void => {
  if (!isDeepStrictEqual(collection, subject.collection))
    throw corruptSnapshot(
      `it is of another collection (${collection.name}, key ${collection.key}, made ${collection.createdAt})`,
    );
  for (const modality of ["image", "text"] satisfies Modality[])
    if (!isDeepStrictEqual(encoders[modality], subject.encoders[modality]))
      throw corruptSnapshot(`its ${modality} vectors are of another encoder (${encoders[modality].id})`);
  if (byteOrder !== BYTE_ORDER)
    throw corruptSnapshot(`its numbers are ${byteOrder}, and this machine's are ${BYTE_ORDER}`);
};

const refuseMisfit = async (
  file: FileHandle,
  { anchors, encoders, sections }: SnapshotHeader,
): Promise<void> => {
  for (const modality of ["image", "text"] satisfies Modality[])
    if (sections[modality].bytes !== anchors * rowBytes(encoders[modality].dimension))
      throw corruptSnapshot(`its section "${modality}" is not as long as ${anchors} rows are`);
  const expected = SECTIONS.reduce((sum, name) => sum + sections[name].bytes, HEADER_BYTES);
  const { size } = await file.stat();
  if (size !== expected) throw corruptSnapshot(`it is ${size} bytes long in place of ${expected}`);
};

const rowBytes = (dimension: number): number => dimension * Float32Array.BYTES_PER_ELEMENT;

/** Reads on from the current position, within its section. */
interface SectionReader {
  readonly left: () => number;
  /** @throws AnchorageError `corrupt-file` if the section ends before `bytes` is full. */
  readonly fill: (bytes: Uint8Array) => Promise<void>;
  /** The CRC-32 of the bytes read so far. */
  readonly sum: () => number;
}

const sectionsOf = (file: FileHandle, { sections }: SnapshotHeader): Record<SectionName, SectionReader> => {
  const imageAt = HEADER_BYTES + sections.entries.bytes;
  return {
    entries: sectionReader(file, HEADER_BYTES, sections.entries.bytes),
    image: sectionReader(file, imageAt, sections.image.bytes),
    text: sectionReader(file, imageAt + sections.image.bytes, sections.text.bytes),
  };
};

const sectionReader = (file: FileHandle, start: number, length: number): SectionReader => {
  let done = 0;
  let sum = 0;
  return {
    left: () => length - done,
    fill: async (bytes) => {
      if (bytes.length > length - done || (await fillFromFile(file, bytes, start + done)) < bytes.length)
        throw corruptSnapshot("it ends before its sections do");
      sum = crc32(bytes, sum);
      done += bytes.length;
    },
    sum: () => sum,
  };
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function* entriesIn(section: SectionReader): AsyncGenerator<AnchorEntry[]> {
  let rest: Buffer = Buffer.alloc(0);
  while (section.left() > 0) {
    const bytes = Buffer.alloc(Math.min(LINES_BYTES, section.left()));
    await section.fill(bytes);
    rest = Buffer.concat([rest, bytes]);
    const end = rest.lastIndexOf(NEWLINE) + 1;
    if (end === 0) continue;
    const lines = rest.toString("utf8", 0, end - 1).split("\n");
    rest = rest.subarray(end);
    for (let first = 0; first < lines.length; first += ANCHORS_AT_ONCE)
      yield lines.slice(first, first + ANCHORS_AT_ONCE).map(parseEntry);
  }
  if (rest.length > 0) throw corruptSnapshot("its entries are cut off");
}
