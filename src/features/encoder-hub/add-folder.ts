import { constants } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AnchorageError } from "../../errors.ts";
import type { EncoderInfo } from "../../types.ts";
import {
  exists,
  externalDataOf,
  fileSha256,
  readFolder,
  type EncoderManifest,
  type FolderSource,
} from "../../encoders/index.ts";
import { fileFault } from "../files/index.ts";
import { proveEncoder } from "./prove.ts";
import { recordSource } from "./record-source.ts";
import { wantedFiles, type ModelChoice } from "./wanted.ts";

export interface AddedEncoder {
  readonly directory: string;
  readonly info: EncoderInfo;
  readonly pooling: EncoderManifest["pooling"];
  /** What says the pooling. */
  readonly poolingFrom: string | undefined;
}

export interface AddFolderOptions extends ModelChoice {
  /** Directory of encoders; the encoder gets a folder with its id there. */
  readonly directory: string;
  /** The encoder's id; default: the folder's name. */
  readonly id?: string;
  /** The pooling of an encoder whose folder does not say it. */
  readonly pooling?: EncoderManifest["pooling"] | undefined;
}

/**
 * Copies an encoder from a folder in Hugging Face layout: only the files that it needs. Its folder appears once it is
 * complete and has encoded a sample; the original stays as it is.
 *
 * @throws AnchorageError `invalid-input` if there is no such folder, `not-found` if it has no ONNX file or not the one
 * that is asked for, `conflict` if there is an encoder of this id, `unsupported-model`, `corrupt-file`
 */
export const addEncoderFolder = async (
  folder: string,
  { directory, id = basename(resolve(folder)), pooling, ...choice }: AddFolderOptions,
): Promise<AddedEncoder> => {
  const paths = await filesIn(folder);
  const wanted = wantedFiles({ name: folder, ...choice }, paths);
  const weights = await externalDataOf(folder, wanted.model);
  const target = join(directory, id);
  if (await exists(target))
    throw new AnchorageError(
      "conflict",
      `There is an encoder "${id}" already; give this one another --name.`,
    );
  await mkdir(directory, { recursive: true });
  const part = await mkdtemp(join(directory, `.${id}-`));
  let recorded: FolderSource | undefined;
  try {
    for (const path of [...wanted.files.map((found) => found.path), ...weights]) {
      await mkdir(dirname(join(part, path)), { recursive: true });
      await copyFile(join(folder, path), join(part, path), constants.COPYFILE_FICLONE).catch(
        (error: unknown) => {
          throw fileFault(error, join(folder, path));
        },
      );
    }
    const source: FolderSource = {
      name: basename(resolve(folder)),
      revision: "local",
      commit: (await fileSha256(join(part, wanted.model))).slice(0, 40),
      file: wanted.model,
    };
    recorded = await recordSource(part, source, pooling);
    await proveEncoder(part, id);
    await rename(part, target);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  const { info, manifest } = await readFolder(target);
  return { directory: target, info, pooling: manifest.pooling, poolingFrom: recorded.pooling?.from };
};

const filesIn = async (folder: string): Promise<readonly { readonly path: string }[]> => {
  try {
    if (!(await stat(folder)).isDirectory())
      throw new AnchorageError(
        "invalid-input",
        `${folder} is no folder; an encoder is a folder in Hugging Face layout`,
      );
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => ({ path: join(entry.parentPath, entry.name) }))
      .map(({ path }) => ({
        path: path.slice(join(folder).length).replaceAll("\\", "/").replace(/^\/+/, ""),
      }));
  } catch (error) {
    throw fileFault(error, folder);
  }
};
