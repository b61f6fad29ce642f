import { basename } from "node:path";
import { readEmbeddings, type EmbeddingFiles } from "./embeddings/index.ts";
import { evaluateTasks, describeParameters, type Asking } from "./evaluate-tasks.ts";
import type { Report } from "./report.ts";
import type { TrialParameters } from "./trial.ts";

/** As published (arXiv 2210.01738, section 3). */
const PUBLISHED: TrialParameters = { k: 800, p: 8, negatives: "cut", transform: "none" };

/**
 * Classifies images by anchors, both given as embeddings, without a collection or an encoder.
 *
 * @throws AnchorageError as {@link readEmbeddings}; the signal's reason if it aborts.
 */
export const evaluateEmbeddings = async (
  options: Asking & { readonly files: EmbeddingFiles },
): Promise<Report> => {
  const { files, methods, seeds, parameters } = options;
  const settings = { ...PUBLISHED, ...parameters };
  const task = await readEmbeddings(files);

  return {
    title: `${basename(files.images)} by ${basename(files.anchorImages)} and ${basename(files.anchorTexts)}`,
    about:
      `${task.images.length} images of ${task.classes.length} classes, ${files.promptsPerClass} prompts each, ` +
      `${seeds} draws of anchors; ${describeParameters(settings, methods)}`,
    settings: { files, ...settings, methods, seeds },
    ...(await evaluateTasks({ taskOf: () => task, same: true }, settings, options)),
  };
};
