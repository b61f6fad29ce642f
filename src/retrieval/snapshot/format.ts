import { createHash } from "node:crypto";
import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import type { AnchorEntry } from "../types.ts";

/**
 * The file, from its first byte (numbers are little-endian):
 *
 * | at   | bytes | what                                                                     |
 * | ---- | ----- | ------------------------------------------------------------------------ |
 * | 0    | 8     | `ANCHSNAP`                                                               |
 * | 8    | 4     | format version                                                           |
 * | 12   | 4     | length of the header                                                     |
 * | 16   | 32    | sha256 of the first 4,096 bytes, these 32 taken as zeros                 |
 * | 48   | ..    | header, JSON ({@link SnapshotHeader}); then zeros                        |
 * | 4096 | ..    | section `entries`: a line of JSON an anchor, `[id, caption, metadata]`   |
 * | ..   | ..    | section `image`: `[anchors, d]` float32 of norm 1, in `byteOrder`        |
 * | ..   | ..    | section `text`: the same                                                 |
 *
 * The sections follow each other without a gap and fill the file; the header has the length and CRC-32 of each. The
 * first 4,096 bytes are written last.
 */
export const HEADER_BYTES = 4_096;
export const FORMAT_VERSION = 1;

const MAGIC = Buffer.from("ANCHSNAP");
const VERSION_AT = 8;
const LENGTH_AT = 12;
const HASH_AT = 16;
const JSON_AT = 48;

/** Number of anchors written or read per step: a few milliseconds. */
export const ANCHORS_AT_ONCE = 1_024;

export const SECTIONS = ["entries", "image", "text"] as const;
export type SectionName = (typeof SECTIONS)[number];

const count = z.number().int().nonnegative();
const encoder = z.strictObject({ id: z.string(), sha256: z.string(), dimension: count });
const section = z.strictObject({ bytes: count, crc32: count });

const headerSchema = z.strictObject({
  collection: z.strictObject({ key: count, name: z.string(), createdAt: z.string() }),
  encoders: z.strictObject({ image: encoder, text: encoder }),
  sequence: count,
  /** The store's mark of the write at that sequence, which differs in another history. */
  mark: z.string(),
  anchors: count,
  byteOrder: z.enum(["LE", "BE"]),
  sections: z.strictObject({ entries: section, image: section, text: section }),
});

export type SnapshotHeader = z.infer<typeof headerSchema>;

/** Identifies the collection and encoders of a snapshot; a snapshot of another subject is not used. */
export type SnapshotSubject = Pick<SnapshotHeader, "collection" | "encoders">;

/** @throws AnchorageError `corrupt-file` if the header is too long. */
export const encodeHeader = (header: SnapshotHeader): Buffer => {
  const json = Buffer.from(JSON.stringify(header));
  if (json.length > HEADER_BYTES - JSON_AT)
    throw corruptSnapshot(
      `its header would be ${json.length} bytes long, and there is room for ${HEADER_BYTES - JSON_AT}`,
    );
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, VERSION_AT);
  bytes.writeUInt32LE(json.length, LENGTH_AT);
  json.copy(bytes, JSON_AT);
  hashOf(bytes).copy(bytes, HASH_AT);
  return bytes;
};

/** @throws AnchorageError `corrupt-file` with the reason. */
export const decodeHeader = (bytes: Buffer): SnapshotHeader => {
  if (bytes.length < HEADER_BYTES) throw corruptSnapshot("it is cut off within its header");
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw corruptSnapshot("it does not begin as a snapshot does");
  const version = bytes.readUInt32LE(VERSION_AT);
  if (version !== FORMAT_VERSION)
    throw corruptSnapshot(`its format is ${version}, and only ${FORMAT_VERSION} is read`);
  if (!hashOf(bytes).equals(bytes.subarray(HASH_AT, JSON_AT)))
    throw corruptSnapshot("its header does not match its sha256");
  const json = bytes.toString("utf8", JSON_AT, JSON_AT + bytes.readUInt32LE(LENGTH_AT));
  const parsed = headerSchema.safeParse(JSON.parse(json));
  if (!parsed.success)
    throw corruptSnapshot(`its header is not understood: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

const hashOf = (bytes: Buffer): Buffer =>
  createHash("sha256")
    .update(bytes.subarray(0, HASH_AT))
    .update(Buffer.alloc(JSON_AT - HASH_AT))
    .update(bytes.subarray(JSON_AT))
    .digest();

/** The reason why a snapshot cannot be used, as the end of a sentence about the file. */
export const corruptSnapshot = (reason: string): AnchorageError => new AnchorageError("corrupt-file", reason);

export const lineOf = ({ id, caption, metadata }: AnchorEntry): string =>
  `${JSON.stringify([id, caption, metadata])}\n`;

/** Parses the result of {@link lineOf}; the section's CRC-32 protects its contents. */
export const parseEntry = (line: string): AnchorEntry => {
  const [id, caption, metadata] = JSON.parse(line) as [
    AnchorEntry["id"],
    AnchorEntry["caption"],
    AnchorEntry["metadata"],
  ];
  return { id, caption, metadata };
};
