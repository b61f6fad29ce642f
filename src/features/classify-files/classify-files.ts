import { AnchorageError, isAnchorageError } from "../../errors.ts";
import { imageOf, type ClassifyRequestBody, type CoreCollectionClient } from "../../client/index.ts";
import { MAX_BATCH_BYTES, sendBatch } from "../../client/index.ts";
import type { ClassifyResultBody } from "./table.ts";

/** An encoder's batch size, so that results appear as soon as they are computed. */
const IMAGES_A_BATCH = 8;

export interface ClassifiedFile {
  readonly file: string;
  readonly result: ClassifyResultBody;
}

/** A file that could not be classified, and the reason. */
export interface UnfitFile {
  readonly file: string;
  readonly reason: string;
}

interface LoadedFile {
  readonly file: string;
  readonly image: Uint8Array;
}

/**
 * Classifies image files, a few at a time, in the order given. A file that is not an image is reported, and the
 * others are still classified.
 *
 * @param read the bytes of a file; @throws AnchorageError if it cannot be read
 * @throws AnchorageError what `classify` throws about anything but an image
 */
export async function* classifyFiles(
  collection: Pick<CoreCollectionClient, "classify">,
  files: AsyncIterable<string>,
  options: {
    readonly request: Omit<ClassifyRequestBody, "images">;
    readonly read: (file: string) => Promise<Uint8Array>;
    readonly signal: AbortSignal;
    /** Called with each warning of each answer. */
    readonly onWarning?: (warning: string) => void;
  },
): AsyncGenerator<ClassifiedFile | UnfitFile, void> {
  const classify = async (batch: readonly LoadedFile[]): Promise<(ClassifiedFile | UnfitFile)[]> => {
    const outcomes = await sendBatch(batch, "images", async (some) => {
      const images = some.map(({ image }) => ({ image: imageOf(image) }));
      const { results, warnings = [] } = await collection.classify({ ...options.request, images });
      for (const warning of warnings) options.onWarning?.(warning);
      return results;
    });
    return batch.flatMap(({ file }, i) => {
      const outcome = outcomes[i];
      return outcome === undefined ? [] : [{ file, ...outcome }];
    });
  };

  let batch: LoadedFile[] = [];
  let bytes = 0;
  for await (const file of files) {
    if (options.signal.aborted) return;
    const image = await load(file, options.read);
    if (typeof image === "string") {
      yield* await classify(batch.splice(0));
      bytes = 0;
      yield { file, reason: image };
      continue;
    }
    if (batch.length === IMAGES_A_BATCH || bytes + image.length > MAX_BATCH_BYTES) {
      yield* await classify(batch);
      batch = [];
      bytes = 0;
    }
    batch.push({ file, image });
    bytes += image.length;
  }
  if (!options.signal.aborted) yield* await classify(batch);
}

const load = async (
  file: string,
  read: (file: string) => Promise<Uint8Array>,
): Promise<Uint8Array | string> => {
  try {
    return await read(file);
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return error.message;
  }
};

/** The names in a list of classes, one a line or between commas. @throws AnchorageError if there is none. */
export const parseClassList = (list: string, separator: "," | "\n", what: string): string[] => {
  const names = list
    .replace(/^\u{FEFF}/u, "")
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new AnchorageError("invalid-input", `${what} names no class`);
  return [...new Set(names)];
};
