import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { extract } from "tar-stream";
import { Readable } from "node:stream";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile } from "../files/index.ts";
import {
  anyHeader,
  backupHeader,
  backupSummary,
  BACKUP_FORMAT,
  entryChecksum,
  type BackupHeader,
  type BackupSummary,
} from "./format.ts";
import { digestOf } from "./write.ts";

const decompress = promisify(brotliDecompress);
/** An entry is read whole; a part is 4 MiB before compression, and the header has some hundred bytes a collection. */
const MAX_ENTRY_BYTES = 256 * 1024 * 1024;
const ENTRY = /^(header|summary|tables\/([a-z_]+)\/\d{6,})\/([0-9a-f]{64})\.(?:json|br)$/;

/** A verified entry of a backup, in the order of the file. */
export type BackupEntry =
  | { readonly kind: "header"; readonly header: BackupHeader }
  /** The next bytes of a table's binary COPY. */
  | { readonly kind: "part"; readonly table: string; readonly bytes: Buffer }
  | { readonly kind: "summary"; readonly summary: BackupSummary };

/**
 * Reads a backup and checks every checksum on the way: the header first, then parts, then the summary.
 *
 * @param place names the file in errors
 * @throws AnchorageError `corrupt-file` for what is not a backup, is changed, ends early, or is of another version
 */
export const readBackup = async function* (
  bytes: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<BackupEntry> {
  const names: string[] = [];
  let parts = 0;
  let header: BackupHeader | undefined;
  let ended = false;
  for await (const { name, content } of entriesOf(bytes, place)) {
    const [, what = "", table, sha256] = ENTRY.exec(name) ?? [];
    if (names.length === 0 && what !== "header") throw corruptFile(place, "is not a backup of Anchorage");
    if (ended || sha256 === undefined) throw corruptFile(place, `has an entry that no backup has: ${name}`);
    if (entryChecksum(content) !== sha256) throw changed(place, name);
    if (header === undefined) {
      header = readHeader(content, place);
      yield { kind: "header", header };
    } else if (table === undefined) {
      const summary = backupSummary.safeParse(parseJson(content));
      const { data } = summary;
      if (data?.sha256 !== digestOf(names) || data.parts !== parts || data.id !== header.id)
        throw changed(place, name);
      ended = true;
      yield { kind: "summary", summary: data };
    } else {
      parts++;
      const part = await decompress(content).catch(() => {
        throw changed(place, name);
      });
      yield { kind: "part", table, bytes: part };
    }
    names.push(name);
  }
  if (names.length === 0) throw corruptFile(place, "is not a backup of Anchorage");
  if (!ended) throw corruptFile(place, "ends early: it is not a whole backup");
};

const changed = (place: string, entry: string): Error =>
  corruptFile(place, `is damaged: ${entry.split("/").slice(0, -1).join("/")} does not have its checksum`);

const parseJson = (content: Buffer): unknown => {
  try {
    return JSON.parse(content.toString("utf8"));
  } catch {
    return undefined;
  }
};

const readHeader = (content: Buffer, place: string): BackupHeader => {
  const value = parseJson(content);
  const any = anyHeader.safeParse(value);
  if (any.data !== undefined && any.data.version !== BACKUP_FORMAT)
    throw corruptFile(
      place,
      `is a backup in format ${any.data.version}, and this version of Anchorage reads format ${BACKUP_FORMAT}`,
    );
  const header = backupHeader.safeParse(value);
  if (header.data === undefined)
    throw corruptFile(place, `has a header that this version of Anchorage does not understand`, header.error);
  return header.data;
};

/** @throws AnchorageError `corrupt-file` for bytes that are no archive, or not a whole one */
const entriesOf = async function* (
  bytes: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<{ readonly name: string; readonly content: Buffer }> {
  const archive = extract();
  const source = Readable.from(bytes);
  let failure: unknown;
  source.on("error", (error) => {
    failure = error;
    archive.destroy(error);
  });
  source.pipe(archive);
  try {
    for await (const entry of archive) {
      const { name, size } = entry.header;
      if (size > MAX_ENTRY_BYTES) throw corruptFile(place, `has an entry that no backup has: ${name}`);
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      yield { name, content: Buffer.concat(chunks) };
    }
  } catch (error) {
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
    if (isAnchorageError(error)) throw error;
    throw corruptFile(place, reasonOf(messageOf(error)), error);
  } finally {
    source.destroy();
  }
};

const reasonOf = (message: string): string =>
  /unexpected end/i.test(message)
    ? "ends early: it is not a whole backup"
    : "is damaged, or is not a backup of Anchorage";
