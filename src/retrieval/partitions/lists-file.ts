import { createHash } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import { BYTE_ORDER } from "../byte-order.ts";
import { partitionCurveSchema, type PartitionCurve } from "./partition-curve.ts";
import type { SavedLists } from "./partition-index.ts";
import { fillFromFile } from "../fill-from-file.ts";

/**
 * The file, from its first byte (numbers of the head are little-endian):
 *
 * | at  | bytes | what                                                         |
 * | --- | ----- | ------------------------------------------------------------ |
 * | 0   | 8     | `ANCHLIST`                                                   |
 * | 8   | 4     | format version                                               |
 * | 12  | 4     | length of the header                                         |
 * | 16  | 32    | sha256 of what is before and of the header                   |
 * | 48  | ..    | header, JSON                                                 |
 * | ..  | ..    | the list of each row, int32, in `byteOrder`                  |
 * | ..  | ..    | centroids, `[lists, dimension]` float32                      |
 * | ..  | ..    | the mean cosine of each list's rows to its centroid, float32 |
 *
 * The header has the CRC-32 of each section; they follow each other without a gap and fill the file.
 */
const MAGIC = Buffer.from("ANCHLIST");
const VERSION = 1;
const VERSION_AT = 8;
const LENGTH_AT = 12;
const HASH_AT = 16;
const JSON_AT = 48;
/** A header that claims to be longer is damaged. */
const LONGEST_HEADER = 2 ** 20;
/** Bytes between two turns of the event loop. */
const AT_ONCE = 2 ** 20;

const count = z.int().nonnegative();

const subjectSchema = z.strictObject({
  /** Identifies the collection among others of the same name. */
  collection: z.strictObject({ name: z.string(), createdAt: z.string() }),
  modality: z.enum(["image", "text"]),
  encoder: z.strictObject({ id: z.string(), sha256: z.string(), dimension: count }),
  transform: z.string(),
  /** Version of the fitted transform; 0 where nothing is fitted. */
  transformVersion: count,
  sequence: count,
  /** Number of rows. */
  anchors: count,
});

const headerSchema = subjectSchema.extend({
  byteOrder: z.enum(["LE", "BE"]),
  dimension: count,
  lists: count,
  builtOn: count,
  curve: partitionCurveSchema.nullable(),
  sums: z.tuple([count, count, count]),
});

type Header = z.infer<typeof headerSchema>;

/** The rows that lists are of: which collection, encoder and transform, and at which write. */
export type ListsSubject = z.infer<typeof subjectSchema>;

/** Lists, with their measured recall if it was measured. */
export interface KeptLists {
  readonly lists: SavedLists;
  readonly curve: PartitionCurve | null;
}

/**
 * Writes lists to a file that appears once it is complete and durable.
 *
 * @throws the signal's reason, or the error of the file system; then an earlier file stays
 */
export const writeLists = async (
  path: string,
  subject: ListsSubject,
  { lists: saved, curve }: KeptLists,
  signal?: AbortSignal,
): Promise<void> => {
  const sections = [saved.listOf, saved.centroids, saved.alignment].map(bytesOf);
  const [rows = 0, centroids = 0, alignment = 0] = await Promise.all(sections.map(sumOf));
  const { dimension, lists, builtOn } = saved;
  const head = encodeHead({
    ...subject,
    ...{ byteOrder: BYTE_ORDER, dimension, lists, builtOn, curve },
    sums: [rows, centroids, alignment],
  });
  const writing = `${path}.writing`;
  try {
    const file = await open(writing, "w");
    try {
      for (const bytes of [head, ...sections]) {
        signal?.throwIfAborted();
        await file.appendFile(bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(writing, path);
  } catch (error) {
    await rm(writing, { force: true }).catch(() => undefined);
    throw error;
  }
};

/**
 * Reads lists if the file is whole and of this subject.
 *
 * @throws AnchorageError `corrupt-file` with the reason, as the end of a sentence about the file
 * @throws the error of the file system
 */
export const readLists = async (path: string, subject: ListsSubject): Promise<KeptLists> => {
  const file = await open(path, "r");
  try {
    const { header, start } = await readHead(file);
    refuseOthers(header, subject);
    const { dimension, lists, anchors, builtOn, curve, sums } = header;
    const listOf = new Int32Array(anchors);
    const centroids = new Float32Array(lists * dimension);
    const alignment = new Float32Array(lists);
    const sections = [listOf, centroids, alignment].map(bytesOf);
    const expected = sections.reduce((sum, { length }) => sum + length, start);
    const { size } = await file.stat();
    if (size !== expected) throw corrupt(`it is ${size} bytes long in place of ${expected}`);
    let position = start;
    for (const [i, bytes] of sections.entries()) {
      if ((await fillFromFile(file, bytes, position)) < bytes.length)
        throw corrupt("it ends before its sections do");
      if ((await sumOf(bytes)) !== sums[i]) throw corrupt("a section does not match its CRC-32");
      position += bytes.length;
    }
    if (listOf.some((list) => list < -1 || list >= lists))
      throw corrupt("a row is in a list that is not there");
    return { lists: { dimension, lists, centroids, alignment, listOf, builtOn }, curve };
  } finally {
    await file.close();
  }
};

const encodeHead = (header: Header): Buffer => {
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(JSON_AT + json.length);
  MAGIC.copy(head);
  head.writeUInt32LE(VERSION, VERSION_AT);
  head.writeUInt32LE(json.length, LENGTH_AT);
  json.copy(head, JSON_AT);
  hashOf(head).copy(head, HASH_AT);
  return head;
};

const readHead = async (file: FileHandle): Promise<{ readonly header: Header; readonly start: number }> => {
  const fixed = Buffer.alloc(JSON_AT);
  if ((await fillFromFile(file, fixed, 0)) < JSON_AT) throw corrupt("it is cut off within its header");
  if (!fixed.subarray(0, MAGIC.length).equals(MAGIC))
    throw corrupt("it is not a file of lists (bad magic bytes)");
  const version = fixed.readUInt32LE(VERSION_AT);
  if (version !== VERSION) throw corrupt(`its format is ${version}, and only ${VERSION} is read`);
  const length = fixed.readUInt32LE(LENGTH_AT);
  if (length > LONGEST_HEADER) throw corrupt(`its header would be ${length} bytes long`);
  const head = Buffer.concat([fixed, Buffer.alloc(length)]);
  if ((await fillFromFile(file, head.subarray(JSON_AT), JSON_AT)) < length)
    throw corrupt("it is cut off within its header");
  if (!hashOf(head).equals(head.subarray(HASH_AT, JSON_AT)))
    throw corrupt("its header does not match its sha256");
  const parsed = headerSchema.safeParse(JSON.parse(head.toString("utf8", JSON_AT)));
  if (!parsed.success) throw corrupt(`its header is not understood: ${z.prettifyError(parsed.error)}`);
  return { header: parsed.data, start: head.length };
};

const hashOf = (head: Buffer): Buffer =>
  createHash("sha256").update(head.subarray(0, HASH_AT)).update(head.subarray(JSON_AT)).digest();

const refuseOthers = (header: Header, subject: ListsSubject): void => {
  const { collection, modality, encoder, transform, transformVersion, sequence, anchors } = header;
  if (!isDeepStrictEqual(collection, subject.collection))
    throw corrupt(`it is of another collection (${collection.name}, made ${collection.createdAt})`);
  if (modality !== subject.modality) throw corrupt(`it is of ${modality} vectors`);
  if (!isDeepStrictEqual(encoder, subject.encoder)) throw corrupt(`it is of another encoder (${encoder.id})`);
  if (transform !== subject.transform || transformVersion !== subject.transformVersion)
    throw corrupt(`it is of version ${transformVersion} of the transform ${transform}`);
  if (sequence !== subject.sequence || anchors !== subject.anchors)
    throw corrupt(`it was written at sequence ${sequence} of ${anchors} anchors`);
  if (header.byteOrder !== BYTE_ORDER)
    throw corrupt(`its numbers are ${header.byteOrder}, and this machine's are ${BYTE_ORDER}`);
};

const corrupt = (reason: string): AnchorageError => new AnchorageError("corrupt-file", reason);

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const sumOf = async (bytes: Uint8Array): Promise<number> => {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    sum = crc32(bytes.subarray(at, at + AT_ONCE), sum);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sum;
};
