import { join } from "node:path";
import { AnchorageError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import { isImageExtension } from "../files/index.ts";
import {
  describeRevision,
  download,
  fileUrl,
  pageUrl,
  refusal,
  type Patience,
  type RemoteFile,
  type Repository,
} from "../hub/index.ts";

const SCHEME = "hf://";
const ADDRESS = /^hf:\/\/datasets\/([\w.-]+\/[\w.-]+)(?:@(refs\/[\w-]+\/[\w.-]+|[^/]+))?(?:\/(.+))?$/;
/** Where the hub keeps the Parquet files that it makes of data sets in other formats. */
const CONVERTED = "refs/convert/parquet";

/** A data set on a hub, as `hf://datasets/OWNER/NAME@REVISION/PATH` names it. */
interface DataSet {
  readonly name: string;
  readonly revision: string | undefined;
  /** Which files: a path, a folder, or a pattern with `*`. */
  readonly path: string | undefined;
}

/**
 * The data set that a source names; null for a source that is a path.
 *
 * @throws AnchorageError `invalid-input` for another address that begins with `hf://`
 * @example
 * ```ts
 * dataSetOf("hf://datasets/nlphuji/flickr30k@main"); // { name: "nlphuji/flickr30k", revision: "main", path: undefined }
 * ```
 */
export const dataSetOf = (source: string): DataSet | null => {
  if (!source.startsWith(SCHEME)) return null;
  const [, name, revision, path] = ADDRESS.exec(source) ?? [];
  if (name !== undefined) return { name, revision, path };
  throw new AnchorageError(
    "invalid-input",
    `${source} names no data set; it should be like hf://datasets/OWNER/NAME or hf://datasets/OWNER/NAME@REVISION/data/train-*`,
  );
};

export interface FetchOptions extends Patience {
  /** Such as `https://huggingface.co`. */
  readonly endpoint: string;
  /** The data set gets a folder of its name below it. */
  readonly directory: string;
  readonly progress: Progress;
}

/** What was downloaded. */
export interface FetchedDataSet {
  /** The folder, or the files where a path was given. */
  readonly paths: readonly string[];
  readonly folder: string;
  readonly licence: string | undefined;
  /** The page that describes it. */
  readonly page: string;
}

/**
 * Downloads what a data set can be imported from: its Parquet files, else its shards, else its images with their tables,
 * else the Parquet files that the hub has made of it. Files that are there already stay, and a partial one is resumed.
 *
 * @throws AnchorageError `not-found` where there is no such data set, or nothing in it that can be imported;
 * `unavailable`, `corrupt-file`, `cancelled`
 */
export const fetchDataSet = async (
  { name, revision, path }: DataSet,
  { endpoint, directory, progress, ...patience }: FetchOptions,
): Promise<FetchedDataSet> => {
  const repositoryAt = (at: string): Repository => ({ kind: "dataset", endpoint, name, revision: at });
  const first = repositoryAt(revision ?? "main");
  let repository = first;
  let snapshot = await describeRevision(repository, patience);
  let files = chooseFiles(snapshot.files, path);
  if (files.length === 0 && revision === undefined) {
    const converted = repositoryAt(CONVERTED);
    const found = await describeRevision(converted, patience).catch((error: unknown) => {
      if (error instanceof AnchorageError && error.code === "not-found") return null;
      throw error;
    });
    if (found !== null) [repository, snapshot, files] = [converted, found, chooseFiles(found.files, path)];
  }
  const page = pageUrl(first).href;
  if (files.length === 0)
    throw new AnchorageError(
      "not-found",
      `${page} has no Parquet file, no .tar shard and no image${path === undefined ? "" : ` at ${path}`} that could be imported`,
    );
  const folder = join(directory, ...name.split("/"));
  const kilobytes = (bytes: number): number => Math.ceil(bytes / 1000);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const url = fileUrl(repository, snapshot.commit, file.path);
    await download(
      {
        ...{ url, file, target: join(folder, file.path) },
        onBytes: (bytes) => progress.update(kilobytes(before + bytes), kilobytes(total)),
        refusal: (status) => refusal(status, repository),
      },
      patience,
    );
    before += file.size;
  }
  const paths = path === undefined ? [folder] : files.map((file) => join(folder, file.path));
  return { paths, folder, licence: snapshot.licence, page };
};

const chooseFiles = (listed: readonly RemoteFile[], path: string | undefined): readonly RemoteFile[] => {
  const wanted = path === undefined ? null : patternOf(path);
  const files = listed.filter(
    (file) =>
      !file.path.split("/").some((part) => part.startsWith(".")) &&
      (wanted === null || wanted.test(file.path)),
  );
  const ending = (pattern: RegExp): readonly RemoteFile[] => files.filter((file) => pattern.test(file.path));
  for (const archives of [ending(/\.parquet$/i), ending(/\.(tar|tar\.gz|tgz)$/i)]) {
    // CLIP benchmark's names of classes stand beside its shards.
    if (archives.length > 0) return [...archives, ...ending(/(^|\/)classnames\.txt$/)];
  }
  const images = files.filter((file) => isImageExtension(file.path.split(".").at(-1) ?? ""));
  return images.length === 0 ? [] : [...images, ...ending(/\.(csv|tsv|jsonl|json|txt)$/i)];
};

/** A path, all that lies below it, or what matches it: `*` within a name, `**` at any depth. */
const patternOf = (path: string): RegExp => {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  const wild = escaped.replaceAll(/\*\*\/?|\*/g, (stars) => (stars === "*" ? "[^/]*" : ".*"));
  return new RegExp(`^${wild}(/|$)`);
};
