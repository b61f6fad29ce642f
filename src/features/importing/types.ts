import type { Ignored, Reject } from "../files/index.ts";
import type { Metadata } from "../../types.ts";

/**
 * What a reader yields, and what the importer makes of it:
 *
 * - A reader yields one entry for each thing that it finds: a {@link Pair}, a {@link Reject} (it should have been a
 *   pair, and why it is none) or an {@link Ignored} (it was found and is not used, and why). Nothing is dropped:
 *   stored + present + rejected + ignored is the number of entries. A file that is used (the `.txt` of an image) is no
 *   entry of its own.
 * - An image with several captions yields one pair for each, all with the same `id`, `name` and `container`. A reader
 *   numbers nothing: the importer makes ids unique, by the text of the caption, the extension or the source.
 * - `entries()` is called more than once, first for the plan and then for the work: each call starts at the beginning,
 *   with its own counters. A reader does not read an image before `image()` is called, except where it lies in a
 *   stream. It says so by `embedded`, and the importer then hashes its bytes for the plan.
 * - A source of captions that is found and not used (a `metadata.jsonl` beside images that have `.txt` files) is an
 *   `Ignored` with `captionKind`; the importer then stops, unless `--caption-from` was given.
 */

/**
 * Where a caption comes from. `--caption-from` takes a list of these, the first one that an image has is used.
 *
 * - `sidecar`: a file beside the image, or a member of the same sample in a shard
 * - `table`: a row that names the image, in a table of its own or in one beside the images
 * - `embedded`: IPTC, XMP or EXIF fields in the image's file
 * - `folder`: the name of the folder that the image lies in
 * - `name`: the name of the image's file
 */
export type CaptionKind = "sidecar" | "table" | "embedded" | "folder" | "name";

/**
 * Which captions a folder's images get: the first of a list that an image has, or `auto`. `auto` is `sidecar`, `table`,
 * `embedded`, then `name`; the importer asks for a confirmation before it stores a caption of the kind `name`.
 */
export type CaptionFrom = "auto" | readonly CaptionKind[];

/** An image-text pair as a source holds it. */
export interface Pair {
  readonly kind: "pair";
  /** A short id: the path without the extension, `shard/key`, or what an id column says. Pairs may share it. */
  readonly id: string;
  /** The data say what the id is (a column); then two images with one id are a fault of the data. */
  readonly idIsGiven?: boolean;
  /**
   * The image's name in its container, the same in each run: the path with the extension, the key of a sample. Two
   * images of one container have different names; two captions of one image have the same.
   */
  readonly name: string;
  /** The folder, table or shard that it was read from, as the caller named it or as it was found there. */
  readonly container: string;
  /** One caption, on one line; empty where the source has none, which rejects the pair. */
  readonly text: string;
  readonly captionFrom: {
    readonly kind: CaptionKind;
    /** For the plan, after "from": `.txt`, `metadata.jsonl`, `the column "title"`, `file names`. */
    readonly label: string;
  };
  readonly metadata: Metadata;
  /** The path of the image's file, if it is one; where it should be, if it is not there. */
  readonly file?: string;
  /** Where it stands, for messages: a file, a line of one, a member of an archive. */
  readonly source: string;
  /** The bytes of the image lie in the container itself, and cost nothing to get while the entry is at hand. */
  readonly embedded?: boolean;
  /** @throws AnchorageError where the image is missing, empty or larger than a source accepts. */
  readonly image: () => Promise<Uint8Array>;
}

export type Entry = Pair | Reject | (Ignored & { readonly captionKind?: CaptionKind });

/** Where pairs come from. */
export interface PairSource {
  /** What an entry is, for the plan; a source of several kinds has `entry`. */
  readonly unit: "file" | "row" | "sample" | "entry";
  /**
   * All entries from the beginning, in the same order at each call.
   *
   * @throws AnchorageError `corrupt-file` where the rest of a file cannot be read, `invalid-input` where a file is not
   * there or lacks a column; both name it.
   */
  entries(): AsyncGenerator<Entry, void>;
  /** Which part of the whole has been read by the latest call of `entries`, 0 to 1. */
  fraction(): number;
}
