import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import type { EncoderInfo, Log } from "../../types.ts";
import {
  exists,
  externalDataOf,
  folderSource,
  readFolder,
  readJsonIfThere,
  SOURCE_FILE,
  type EncoderManifest,
  type FolderSource,
} from "../../encoders/index.ts";
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
import { warnOfLicence } from "./licence.ts";
import { proveEncoder } from "./prove.ts";
import { recordSource } from "./record-source.ts";
import { wantedFiles, type ModelChoice } from "./wanted.ts";

export interface PullOptions extends Omit<Repository, "kind">, ModelChoice {
  /** Directory of encoders; the encoder gets a folder with its id there. */
  readonly directory: string;
  /** The encoder's id. */
  readonly id: string;
  /** The pooling of an encoder whose repository does not say it. */
  readonly pooling?: EncoderManifest["pooling"] | undefined;
}

export interface PulledEncoder {
  readonly directory: string;
  readonly info: EncoderInfo;
  readonly pooling: EncoderManifest["pooling"];
  /** What says the pooling, where that was recorded. */
  readonly poolingFrom: string | undefined;
  /** Page with the model's licence and limits. */
  readonly page: string;
  /** False if it was installed already. */
  readonly fetched: boolean;
}

/**
 * Downloads an encoder from a model hub: only the files that its folder needs, each verified by its hash. The folder
 * appears once it is complete and has encoded a sample; until then the files are in a hidden folder, which the next
 * run resumes.
 *
 * @throws AnchorageError `conflict` if a folder with this id has other contents, `not-found` if the hub lacks the
 * model or the file, `unavailable`, `corrupt-file`, `unsupported-model`, `cancelled`.
 */
export const pullEncoder = async (
  given: PullOptions,
  { progress, log, ...patience }: Patience & { readonly progress: Progress; readonly log: Log },
): Promise<PulledEncoder> => {
  const options = { ...given, kind: "model" } as const;
  const snapshot = await describeRevision(options, patience);
  const { files, model } = wantedFiles(options, snapshot.files);
  const warning = warnOfLicence(snapshot.licence);
  if (warning !== undefined) log.warn(`${options.name}: ${warning} (${pageUrl(options).href})`);
  const source: FolderSource = {
    name: options.name,
    revision: options.revision,
    commit: snapshot.commit,
    file: model,
    ...(snapshot.licence === undefined ? {} : { licence: snapshot.licence }),
  };
  const target = join(options.directory, options.id);
  if (await isThere(target, source)) return described(target, options, false);
  const part = join(options.directory, `.${options.id}.part`);
  await preparePart(part, source);
  const fetchAll = fetcher(part, options, source, { ...patience, progress });
  await fetchAll(files);
  await fetchAll(await externalFiles(part, source, snapshot.files));
  progress.stop();
  try {
    await recordSource(part, source, options.pooling);
    await proveEncoder(part, options.id);
  } catch (error) {
    log.info(`what was fetched stays in ${part}`);
    throw error;
  }
  await rename(part, target);
  return described(target, options, true);
};

/** @throws AnchorageError `conflict` if the folder has other contents. */
const isThere = async (target: string, source: FolderSource): Promise<boolean> => {
  if (!(await exists(target))) return false;
  const found = await readJsonIfThere(target, SOURCE_FILE, folderSource).catch(() => undefined);
  if (found?.name === source.name && found.commit === source.commit && found.file === source.file)
    return true;
  const holds =
    found === undefined ? "something else" : `${found.name}, ${found.file}, as of commit ${found.commit}`;
  throw new AnchorageError(
    "conflict",
    `${target} holds ${holds}. Remove it, or give this encoder another --name.`,
  );
};

/** Keep the partial download of an earlier run only if it was for the same revision and file. */
const preparePart = async (part: string, source: FolderSource): Promise<void> => {
  const found = await readJsonIfThere(part, SOURCE_FILE, folderSource).catch(() => undefined);
  if (found?.name !== source.name || found.commit !== source.commit || found.file !== source.file)
    await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  await writeFile(join(part, SOURCE_FILE), JSON.stringify(source, null, 2), { flush: true });
};

/** Downloads files one after the other and reports the progress over all of them. */
const fetcher = (
  part: string,
  repository: Repository,
  { commit }: FolderSource,
  { progress, ...patience }: Patience & { readonly progress: Progress },
) => {
  let before = 0;
  let total = 0;
  const kilobytes = (bytes: number): number => Math.ceil(bytes / 1000);
  return async (files: readonly RemoteFile[]): Promise<void> => {
    total += files.reduce((sum, { size }) => sum + size, 0);
    for (const file of files) {
      const url = fileUrl(repository, commit, file.path);
      const onBytes = (bytes: number): void => progress.update(kilobytes(before + bytes), kilobytes(total));
      const refused = (status: number): AnchorageError =>
        status === 404
          ? new AnchorageError("not-found", `${url.href} is listed, but not there.`)
          : refusal(status, repository);
      await download({ url, file, target: join(part, file.path), onBytes, refusal: refused }, patience);
      before += file.size;
    }
  };
};

/** A large network stores its weights in separate files. */
const externalFiles = async (
  part: string,
  { file, name }: FolderSource,
  listed: readonly RemoteFile[],
): Promise<RemoteFile[]> =>
  (await externalDataOf(part, file)).map((path) => {
    const found = listed.find((remote) => remote.path === path);
    if (found === undefined)
      throw new AnchorageError(
        "not-found",
        `${file} takes weights from ${path}, which ${name} does not have.`,
      );
    return found;
  });

const described = async (
  directory: string,
  repository: Repository,
  fetched: boolean,
): Promise<PulledEncoder> => {
  const { info, manifest } = await readFolder(directory);
  const source = await readJsonIfThere(directory, SOURCE_FILE, folderSource);
  return {
    ...{ directory, info, fetched },
    pooling: manifest.pooling,
    poolingFrom: source?.pooling?.from,
    page: pageUrl(repository).href,
  };
};
