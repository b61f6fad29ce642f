import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { isAnchorageError, messageOf } from "../../errors.ts";
import type { JsonValue, Metadata } from "../../types.ts";
import {
  corruptFile,
  fileFault,
  isImageExtension,
  MAX_IMAGE_BYTES,
  reject,
  sizeOf,
  tooLarge,
} from "../../files/index.ts";
import { oneLine } from "./caption.ts";
import type { TableOptions } from "./table.ts";
import type { Entry, PairSource } from "./types.ts";

/** The members of one sample: those that follow one another and share a name up to its first dot. */
interface Sample {
  readonly key: string;
  image?: Uint8Array;
  text?: string;
  json?: string;
  fault?: string;
  /** The extensions of all members, also of those that are passed over. */
  readonly extensions: string[];
}

/**
 * One shard of a WebDataset: a tar archive (`.tar`, or `.tar.gz`), read as a stream, one sample in memory at a time. Of
 * a sample the first image is taken, `.txt` is its caption and `.json` its metadata (and its caption where there is no
 * `.txt`); the id is the shard's name, a slash, and the sample's key. Other members are passed over.
 */
export const openShard = (file: string, options: TableOptions): PairSource => {
  const shard = basename(file).replace(/\.(tar|tar\.gz|tgz)$/i, "");
  let size = 0;
  let read = (): number => 0;

  return {
    unit: "sample",
    entries: async function* () {
      size = await sizeOf(file);
      const input = createReadStream(file);
      read = () => input.bytesRead;
      const archive = extract();
      // Errors of the pipeline come out of the archive's iterator.
      const onEnd = (): void => undefined;
      if (/gz$/i.test(file)) pipeline(input, createGunzip(), archive, onEnd);
      else pipeline(input, archive, onEnd);
      let sample: Sample | undefined;
      let within = false;
      const finish = (of: Sample): Entry => entryOf(of, file, `${shard}/${of.key}`, options);
      try {
        for await (const member of archive) {
          const { name, type, size: bytes } = member.header;
          const split = type === "file" || type === "contiguous-file" ? splitName(name) : null;
          if (split !== null && split.key !== sample?.key) {
            if (sample !== undefined) yield finish(sample);
            sample = { key: split.key, extensions: [] };
          }
          if (split === null || sample === undefined) {
            member.resume();
            continue;
          }
          within = true;
          await addMember(sample, split.extension, bytes, member);
          within = false;
        }
        if (sample !== undefined) yield finish(sample);
      } catch (error) {
        const fault = fileFault(error, file);
        if (isAnchorageError(fault)) throw fault;
        // The break may come after the last member of a sample.
        const last = sample === undefined || within ? undefined : finish(sample);
        if (last?.kind === "pair" && last.text !== "") yield last;
        const after = sample === undefined ? "" : ` in or after the sample "${sample.key}"`;
        throw corruptFile(file, `the archive cannot be read on${after}: ${messageOf(error)}`, error);
      } finally {
        input.destroy();
        archive.destroy();
      }
    },
    fraction: () => (size === 0 ? 0 : read() / size),
  };
};

/** Null for a member that belongs to no sample: one without an extension, or hidden. */
const splitName = (name: string): { readonly key: string; readonly extension: string } | null => {
  const parts = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(name.replace(/^(\.?\/)+/, ""));
  const [, key, extension] = parts ?? [];
  return key === undefined || extension === undefined ? null : { key, extension: extension.toLowerCase() };
};

const addMember = async (
  sample: Sample,
  extension: string,
  size: number,
  member: AsyncIterable<unknown> & { resume(): unknown },
): Promise<void> => {
  sample.extensions.push(extension);
  const image = isImageExtension(extension);
  const wanted = image ? sample.image === undefined : extension === "txt" || extension === "json";
  if (!wanted || size > MAX_IMAGE_BYTES) {
    if (wanted) sample.fault = image ? tooLarge(size).message : `its .${extension} is larger than 64 MiB`;
    member.resume();
    return;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of member as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (image) sample.image = bytes;
  else if (extension === "txt") sample.text = oneLine(bytes.toString("utf8"));
  else sample.json = bytes.toString("utf8");
};

const entryOf = (sample: Sample, file: string, id: string, options: TableOptions): Entry => {
  const { key, image, text, json, fault } = sample;
  const source = `${file}#${key}`;
  if (fault !== undefined) return reject(source, fault, id);
  if (image === undefined) return reject(source, `the sample has no image, only ${membersOf(sample)}`, id);
  if (image.length === 0) return reject(source, "the image has no bytes", id);
  const fields = json === undefined ? {} : parseObject(json);
  if (fields === null) return reject(source, "its .json is not a JSON object", id);
  const captionKeys = options.caption === undefined ? ["caption", "text"] : [options.caption];
  const captionKey = captionKeys.find((key) => typeof fields[key] === "string");
  const fromJson = captionKey === undefined ? "" : fields[captionKey];
  const given = options.id === undefined ? id : fields[options.id];
  if (typeof given !== "string" && typeof given !== "number") {
    return reject(source, `its .json has no "${options.id ?? ""}" for an id`, id);
  }
  const without = new Set([
    ...(options.without ?? []),
    options.id,
    text === undefined ? captionKey : undefined,
  ]);
  return {
    kind: "pair",
    id: String(given),
    idIsGiven: options.id !== undefined,
    name: key,
    container: file,
    captionFrom: { kind: "sidecar", label: text === undefined ? ".json" : ".txt" },
    text: text ?? oneLine(typeof fromJson === "string" ? fromJson : ""),
    metadata: Object.fromEntries(Object.entries(fields).filter(([key]) => !without.has(key))),
    source,
    embedded: true,
    image: () => Promise.resolve(image),
  };
};

const membersOf = ({ extensions }: Sample): string =>
  extensions.map((extension) => `.${extension}`).join(", ");

const parseObject = (json: string): Metadata | null => {
  try {
    const value = JSON.parse(json) as JsonValue;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Metadata) : null;
  } catch {
    return null;
  }
};
