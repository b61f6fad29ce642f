import {
  decodeText,
  isImageExtension,
  MAX_IMAGE_BYTES,
  reject,
  tooLarge,
  unreadReason,
} from "../files/index.ts";
import { captionsOf, metadataOf, textOf, type ImportedRow } from "./cells.ts";
import { isJsonObject, jsonFault, parseLenientJson } from "./json.ts";
import type { ShardMember } from "./shard-members.ts";
import type { TableOptions } from "./table-options.ts";
import type { Entry } from "./types.ts";

/** What a member is for. A named one, such as `caption.txt`, counts by its last extension. */
type Role = "image" | "text" | "json" | "class";

interface Content {
  readonly extension: string;
  readonly bytes: Uint8Array;
}

/** The members of one sample that share a key, as far as they were read. */
export interface Sample {
  readonly key: string;
  readonly contents: Partial<Record<Role, Content>>;
  fault?: string;
  /** The extensions of all members, also of those that are passed over. */
  readonly extensions: string[];
}

export const createSample = (key: string): Sample => ({ key, contents: {}, extensions: [] });

/** Bytes that a sample holds in memory. */
export const sizeOfSample = ({ contents }: Sample): number =>
  Object.values(contents).reduce((sum, { bytes }) => sum + bytes.length, 0);

const TEXTS = new Set(["txt", "text", "caption"]);

const roleOf = (extension: string): Role | null => {
  const last = extension.split(".").at(-1) ?? "";
  if (isImageExtension(last)) return "image";
  if (TEXTS.has(last)) return "text";
  if (last === "cls") return "class";
  return last === "json" ? "json" : null;
};

/** Adds a member to its sample. Of several for one role a plain one (`jpg`) comes before a named one (`input.jpg`). */
export const addMember = async (sample: Sample, { extension, size, read }: ShardMember): Promise<void> => {
  sample.extensions.push(extension);
  const role = roleOf(extension);
  if (role === null) return;
  const before = sample.contents[role];
  if (before !== undefined && !(before.extension.includes(".") && !extension.includes("."))) return;
  if (size > MAX_IMAGE_BYTES) {
    sample.fault = role === "image" ? tooLarge(size).message : `its .${extension} is larger than 64 MiB`;
    return;
  }
  sample.contents[role] = { extension, bytes: await read() };
};

/** Where a sample comes from. */
interface SampleSource {
  /** The shard. */
  readonly file: string;
  /** The sample's own, which `options.id` replaces by a key of its `.json`. */
  readonly id: string;
  /** The names of the classes that `.cls` numbers. */
  readonly classNames: readonly string[];
}

/**
 * The pairs of a sample, one for each caption.
 *
 * A class (`.cls`) is the caption where there is no other, and metadata in any case.
 */
export const entriesOfSample = (
  sample: Sample,
  { file, id, classNames }: SampleSource,
  options: TableOptions,
): Entry[] => {
  const { key, contents, fault } = sample;
  const { image, text, json } = contents;
  const source = `${file}#${key}`;
  const rejected = (reason: string): Entry[] => [reject(source, reason, id)];
  if (fault !== undefined) return rejected(fault);
  if (image === undefined) return rejected(withoutImage(sample));
  if (image.bytes.length === 0) return rejected("the image has no bytes");
  const fields = json === undefined ? {} : parseObject(json.bytes);
  if (typeof fields === "string") return rejected(fields);
  const captionKeys = options.caption === undefined ? ["caption", "text"] : [options.caption];
  const caption = captionKeys.find((name) => captionsOf(fields[name]).some((found) => found !== ""));
  const fromText = text !== undefined && !(options.caption !== undefined && caption !== undefined);
  const given = options.id === undefined ? id : textOf(fields[options.id]);
  if (given === undefined) return rejected(`its .json has no "${options.id ?? ""}" for an id`);
  const classed = contents.class === undefined ? null : className(contents.class.bytes, classNames);
  const fromClass = !fromText && caption === undefined && classed !== null;
  if (fromClass && typeof classed === "number")
    return rejected(`its .cls is ${classed}, and no classnames.txt beside the shard has a name for it`);
  const captions = fromText
    ? captionsOf(decodeText(text.bytes))
    : captionsOf(fromClass ? classed : caption === undefined ? undefined : fields[caption]);
  const metadata = metadataOf(classed === null ? fields : { class: classed, ...fields }, {
    path: "",
    caption: fromText ? "" : (caption ?? ""),
    id: options.id ?? null,
    without: new Set(options.without),
  });
  return captions.map((found) => ({
    kind: "pair",
    id: given,
    name: key,
    container: file,
    captionFrom: {
      kind: "sidecar",
      label: fromText ? `.${text.extension}` : fromClass ? ".cls" : `.${json?.extension ?? "json"}`,
    },
    text: found,
    metadata,
    source,
    embedded: true,
    image: () => Promise.resolve(image.bytes),
  }));
};

/** The class that a `.cls` says: its name, or its number where that has no name. */
const className = (bytes: Uint8Array, names: readonly string[]): string | number => {
  const written = decodeText(bytes).trim();
  if (!/^\d+$/.test(written)) return written;
  return names[Number(written)] ?? Number(written);
};

const withoutImage = ({ extensions }: Sample): string => {
  const unread = extensions
    .map((extension) => unreadReason(extension.split(".").at(-1) ?? ""))
    .find((reason) => reason !== null);
  return (
    unread ?? `the sample has no image, only ${extensions.map((extension) => `.${extension}`).join(", ")}`
  );
};

const parseObject = (bytes: Uint8Array): ImportedRow | string => {
  try {
    const value = parseLenientJson(decodeText(bytes));
    return isJsonObject(value) ? value : "its .json is not a JSON object";
  } catch (error) {
    return `its .json ${jsonFault(error)}`;
  }
};
