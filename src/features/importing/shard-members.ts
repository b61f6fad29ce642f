import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";

/** A file in an archive that belongs to a sample. */
export interface ShardMember {
  /** The path up to the first dot of its name. */
  readonly key: string;
  /** What follows that dot, in lower case: `jpg`, or `caption.txt` for a named member. */
  readonly extension: string;
  /** In bytes. */
  readonly size: number;
  readonly read: () => Promise<Uint8Array>;
}

/**
 * The members of a tar archive (`.tar`, or gzipped) that belong to samples, in order, read as a stream. A member that is
 * not read is passed over. Members without an extension and hidden ones belong to none.
 *
 * @param onRead called with the number of bytes of the file that have been read
 */
export async function* shardMembers(
  file: string,
  onRead?: (bytes: number) => void,
): AsyncGenerator<ShardMember, void> {
  const input = createReadStream(file);
  const archive = extract();
  // Errors of the pipeline come out of the archive's iterator.
  const onEnd = (): void => undefined;
  if (/gz$/i.test(file)) pipeline(input, createGunzip(), archive, onEnd);
  else pipeline(input, archive, onEnd);
  try {
    for await (const member of archive) {
      onRead?.(input.bytesRead);
      const { name, type, size } = member.header;
      const split = type === "file" || type === "contiguous-file" ? splitName(name) : null;
      let wasRead = false;
      const read = async (): Promise<Uint8Array> => {
        wasRead = true;
        const chunks: Uint8Array[] = [];
        for await (const chunk of member as AsyncIterable<Uint8Array>) chunks.push(chunk);
        return Buffer.concat(chunks);
      };
      if (split !== null) yield { ...split, size, read };
      // Reading may have begun meanwhile.
      if (!(wasRead as boolean)) member.resume();
    }
  } finally {
    input.destroy();
    archive.destroy();
  }
}

const splitName = (name: string): { readonly key: string; readonly extension: string } | null => {
  const parts = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(name.replace(/^(\.?\/)+/, ""));
  const [, key, extension] = parts ?? [];
  return key === undefined || extension === undefined ? null : { key, extension: extension.toLowerCase() };
};
