import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  decideTextPooling,
  exists,
  SOURCE_FILE,
  type FolderSource,
  type TextPooling,
} from "../../encoders/index.ts";

/**
 * Writes where an encoder comes from into its folder, with the pooling of a text encoder and what says it.
 *
 * @param chosen the pooling that a person has decided
 * @throws AnchorageError `unsupported-model` where nothing says how a text encoder pools
 */
export const recordSource = async (
  directory: string,
  source: FolderSource,
  chosen: TextPooling["mode"] | undefined,
): Promise<FolderSource> => {
  const isText = !(await exists(join(directory, "preprocessor_config.json")));
  const pooling = isText
    ? await decideTextPooling(directory, {
        name: source.name,
        model: source.file,
        ...(chosen === undefined ? {} : { chosen }),
      })
    : undefined;
  const recorded = { ...source, ...(pooling === undefined ? {} : { pooling }) };
  await writeFile(join(directory, SOURCE_FILE), JSON.stringify(recorded, null, 2), { flush: true });
  return recorded;
};
