import { hashOfText, idPartOf } from "./hashes.ts";
import type { Pair } from "./types.ts";

/** An id under which a pair may be stored already. */
export interface Lookup {
  readonly id: string;
  /**
   * When the anchor with this id is the pair: only if it is the `same`, if it has the same `text`, or by its source even
   * if all of it has `changed`.
   */
  readonly accepts: "same" | "text" | "changed";
}

/** The ids that a pair may have. */
export interface PairIds {
  /** In order of preference; those of version 0.1 come first. */
  readonly lookups: readonly Lookup[];
  /** For a pair that is not stored: the first of these that is free. */
  readonly fresh: readonly string[];
  /** Equal for two pairs if and only if they are the same image, caption and metadata. */
  readonly content: string;
}

/** Ids for the pairs of one import. Call `note` with all pairs before `idsOf`. */
export interface Identities {
  readonly note: (pair: Pair, imageSha256: string | null) => void;
  readonly idsOf: (pair: Pair, imageSha256: string | null) => PairIds;
  /** Number of different images. */
  readonly images: () => number;
  readonly containers: () => readonly string[];
}

const MAX_ID = 200;
const HASH_LENGTH = 8;
/** How many captions of one image are looked for under the ids `id#2`, `id#3`, ... of version 0.1. */
const MAX_NUMBERED = 20;

/**
 * Makes ids that depend on content and not on order:
 *
 * - An image with one caption has the pair's own id, such as `owls/1` for `owls/1.jpg`.
 * - Several captions of an image add `#` and a hash of their text.
 * - Images of one container that would share an id get their names with the extension (`owls/1.jpg`, `owls/1.png`), or
 *   `~` and the start of the image's SHA-256 where the names are equal too.
 * - Images of several containers that would share an id get the container's name before it (`2024/IMG_1`).
 * - An id of more than 200 characters keeps its end, after a hash of the whole.
 *
 * @param prefix whether every id gets its container's name
 */
export const createIdentities = ({ prefix }: { readonly prefix: boolean }): Identities => {
  const containers = new Map<string, number>();
  /** Of each image: a hash of caption and metadata, then one of the caption, for each different pair. */
  const captionsOf = new Map<string, number[]>();
  /** The images that would have an id; a list only where there are several. */
  const owners = new Map<string, string | string[]>();
  let labels: ReadonlyMap<string, string> | undefined;

  const imageKey = ({ container, name, embedded }: Pair, imageSha256: string | null): string => {
    const at = containers.get(container) ?? containers.size;
    containers.set(container, at);
    return `${at}\0${name}\0${embedded === true ? (imageSha256 ?? "") : ""}`;
  };

  const note = (pair: Pair, imageSha256: string | null): void => {
    const image = imageKey(pair, imageSha256);
    const [content, text] = hashesOf(pair);
    const captions = captionsOf.get(image);
    if (captions === undefined) captionsOf.set(image, [content, text]);
    else if (!captions.some((hash, i) => i % 2 === 0 && hash === content)) captions.push(content, text);
    const others = owners.get(pair.id);
    if (others === undefined) owners.set(pair.id, image);
    else if (typeof others === "string" ? others !== image : !others.includes(image)) {
      owners.set(pair.id, [others, image].flat());
    }
  };

  const labelOf = (container: string): string => {
    labels ??= labelsOf([...containers.keys()]);
    return labels.get(container) ?? container;
  };

  const idsOf = (pair: Pair, imageSha256: string | null): PairIds => {
    const { id, container, name } = pair;
    const image = imageKey(pair, imageSha256);
    const [content, text] = hashesOf(pair);
    const captions = captionsOf.get(image) ?? [];
    const byText = captions.length > 2;
    const sameText = captions.filter((hash, i) => i % 2 === 1 && hash === text).length;
    const suffix = byText ? `#${idPartOf(sameText > 1 ? content : text)}` : "";
    const others = [owners.get(id) ?? []].flat().filter((other) => other !== image);
    const [at, ownName] = image.split("\0");
    const beside = others.map((other) => other.split("\0")).filter(([otherAt]) => otherAt === at);

    const label = labelOf(container);
    const labelled = (root: string): string => (root.startsWith(`${label}/`) ? root : `${label}/${root}`);
    const withHash = `${id}~${(imageSha256 ?? "").slice(0, HASH_LENGTH)}`;
    const withName = name.startsWith(id) ? name : `${id}~${idPartOf(hashOfText(name))}`;
    let root = id;
    if (pair.idIsGiven !== true && beside.length > 0) {
      root = beside.some(([, otherName]) => otherName === ownName) ? withHash : withName;
    }
    const elsewhere = pair.idIsGiven !== true && others.length > beside.length;
    const own = prefix || elsewhere ? labelled(root) : root;
    // A path inside a Parquet file or a shard says little: another file may repeat it.
    const free = pair.embedded === true && pair.idIsGiven !== true ? [own, labelled(root), withHash] : [own];
    const fresh = distinct(free.map((root) => shortened(root + suffix)));
    const repeats = Math.min(
      captions.length / 2 + (pair.embedded === true ? beside.length : 0),
      MAX_NUMBERED,
    );
    const numbered = Array.from({ length: repeats - 1 }, (_, i) => `${id}#${i + 2}`);
    // An import of other sources beside this one may have needed more of the container's name, or less.
    const before = [1, 2].map((count) => lastNames(container, count));
    const roots =
      pair.idIsGiven === true
        ? []
        : [id, withName].flatMap((root) => [root, ...before.map((names) => `${names}/${root}`)]);
    const shortId = byText ? "text" : pair.embedded === true && beside.length > 0 ? "same" : "changed";
    const lookups = new Map<string, Lookup["accepts"]>([[shortened(id), shortId]]);
    for (const other of numbered) lookups.set(shortened(other), "same");
    for (const other of [...fresh, ...roots.map((root) => shortened(root + suffix))]) {
      if (!lookups.has(other)) lookups.set(other, "changed");
    }
    return {
      lookups: Array.from(lookups, ([id, accepts]) => ({ id, accepts })),
      fresh,
      content: `${image}\0${content}`,
    };
  };

  return { note, idsOf, images: () => captionsOf.size, containers: () => [...containers.keys()] };
};

const hashesOf = ({ text, metadata }: Pair): readonly [content: number, text: number] => [
  hashOfText(`${text}\0${JSON.stringify(metadata)}`),
  hashOfText(text),
];

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];

const shortened = (id: string): string => {
  if (id.length <= MAX_ID) return id;
  const characters = Array.from(id);
  if (characters.length <= MAX_ID) return id;
  const hash = `${idPartOf(hashOfText(id))}~`;
  return hash + characters.slice(characters.length - MAX_ID + hash.length).join("");
};

const ARCHIVE_OR_TABLE = /\.(tar\.gz|tgz|tar|parquet|csv|tsv|jsonl|ndjson|json|xlsx|ods)$/i;

/** The last names of each path, as few of them as tell the paths apart, without the extension of a file. */
const labelsOf = (paths: readonly string[]): Map<string, string> => {
  const found = new Map<string, string>();
  let left = paths;
  for (let depth = 1; left.length > 0; depth++) {
    const named = left.map((path) => ({ path, label: lastNames(path, depth) }));
    const uses = new Map<string, number>();
    for (const { label } of named) uses.set(label, (uses.get(label) ?? 0) + 1);
    const isTold = (path: string, label: string): boolean =>
      uses.get(label) === 1 || label === lastNames(path, depth + 1);
    for (const { path, label } of named) if (isTold(path, label)) found.set(path, label);
    left = left.filter((path) => !found.has(path));
  }
  return found;
};

const lastNames = (path: string, count: number): string =>
  path
    .split(/[/\\]/)
    .filter((name) => name !== "")
    .slice(-count)
    .join("/")
    .replace(ARCHIVE_OR_TABLE, "");
