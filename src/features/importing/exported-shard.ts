import { createReadStream } from "node:fs";
import { extract } from "tar-stream";
import { z } from "zod";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile, fileFault, isImageExtension } from "../files/index.ts";
import { vectorInNpy } from "../files/npy/index.ts";
import {
  anchorBodyOf,
  headerOf,
  HEADER_MEMBER,
  type AnchorParts,
  type ExportedAnchor,
  type ExportHeader,
} from "./export-format.ts";
import { shardMembers } from "./shard-members.ts";

const description = z.strictObject({
  id: z.string(),
  // The service checks its values.
  metadata: z.record(
    z.string(),
    z.custom<AnchorParts["metadata"][string]>(() => true),
  ),
});

/** The header of an export as a WebDataset shard; null for any other file, and for one that is no archive. */
export const headerInShard = async (path: string): Promise<ExportHeader | null> => {
  const input = createReadStream(path);
  const archive = extract();
  input.on("error", (error) => archive.destroy(error)).pipe(archive);
  try {
    for await (const member of archive) {
      if (member.header.name !== HEADER_MEMBER) return null;
      const chunks: Uint8Array[] = [];
      for await (const chunk of member as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return headerOf(path, () => JSON.parse(Buffer.concat(chunks).toString()));
    }
    return null;
  } catch (error) {
    const fault = fileFault(error, path);
    if (isAnchorageError(fault)) throw fault;
    return null;
  } finally {
    input.destroy();
    archive.destroy();
  }
};

/** The anchors of an export as a shard, one in memory at a time. @throws AnchorageError `corrupt-file` */
export async function* anchorsInShard(path: string): AsyncGenerator<ExportedAnchor, void> {
  let key: string | undefined;
  let files = new Map<string, Uint8Array>();
  try {
    for await (const member of shardMembers(path)) {
      if (key !== undefined && member.key !== key) {
        yield exportedAnchor(files, `${path}:${key}`);
        files = new Map();
      }
      key = member.key;
      files.set(member.extension, await member.read());
    }
  } catch (error) {
    const fault = fileFault(error, path);
    throw isAnchorageError(fault)
      ? fault
      : corruptFile(
          path,
          `the archive cannot be read on after ${key ?? "its beginning"}: ${messageOf(error)}`,
          error,
        );
  }
  if (key !== undefined) yield exportedAnchor(files, `${path}:${key}`);
}

const exportedAnchor = (files: ReadonlyMap<string, Uint8Array>, source: string): ExportedAnchor => {
  const bytesOf = (extension: string): Uint8Array | null => files.get(extension) ?? null;
  const vectorOf = (extension: string): Float32Array | null => {
    const bytes = bytesOf(extension);
    return bytes === null ? null : vectorInNpy(bytes, `${source}.${extension}`);
  };
  const [, image = null] = [...files].find(([extension]) => isImageExtension(extension)) ?? [];
  const text = bytesOf("txt");
  let described: z.output<typeof description>;
  try {
    described = description.parse(JSON.parse(Buffer.from(bytesOf("json") ?? []).toString()));
  } catch (error) {
    throw corruptFile(`${source}.json`, `does not describe an anchor: ${messageOf(error)}`, error);
  }
  return {
    source,
    anchor: anchorBodyOf({
      ...described,
      text: text === null ? null : Buffer.from(text).toString(),
      image,
      imageVector: vectorOf("image.npy"),
      textVector: vectorOf("text.npy"),
    }),
  };
};
