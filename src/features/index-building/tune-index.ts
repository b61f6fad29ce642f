import { join } from "node:path";
import { EXIT, type CommandContext } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";
import type { CollectionsClient } from "../../client/index.ts";
import {
  closeKernels,
  curveFile,
  pointFor,
  readProfile,
  RECALL_TARGET,
  requireGraphLibrary,
  requireGraphSettings,
  writeCurves,
  type BuildSubject,
  type CurvesOf,
  type RecallCurve,
} from "../../retrieval/index.ts";
import type { CollectionName } from "../../types.ts";
import { readCollection } from "./index.ts";
import { measureCurves } from "./build/measure-curves.ts";

export interface TuneIndexOptions {
  readonly collection: CollectionName;
}

/**
 * Measures the recall and the time of a collection's graphs at increasing ef, and writes the curves that the service
 * reads.
 *
 * @returns the exit status
 * @throws AnchorageError `unavailable` if HNSW is not installed, and the errors of reading the collection
 */
export const tuneIndex = async (
  given: TuneIndexOptions,
  context: CommandContext<CollectionsClient>,
): Promise<number> => {
  const graphLibrary = await requireGraphLibrary();
  const { config, note, show, signal } = context;
  try {
    const subject = await readCollection(given, context);
    note(`building the graphs of ${subject.view.size} image and text vectors`);
    const curves = await measureCurves(subject, {
      profile: requireGraphSettings(readProfile("hnsw")),
      graphLibrary,
      signal,
      onPoint: (modality, { k, ef, recall, ms }) =>
        note(`${modality} k ${k}, ef ${ef}: recall ${recall.toFixed(4)}, ${ms.toFixed(2)} ms`),
    });
    const file = curveFile(join(config.dataDir, "indexes"), given.collection);
    await writeCurves(file, curvesOf(subject), curves);
    show({ collection: given.collection, file, curves: Object.fromEntries(curves) }, () =>
      [...curves].flatMap(([name, curve]) => reportOf(name, curve)),
    );
    note(`written to ${file}; the service reads it when it next loads the collection`);
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note(error.message);
    return EXIT.interrupted;
  } finally {
    await closeKernels();
  }
};

const curvesOf = ({ collection, encoders }: BuildSubject): CurvesOf => ({
  createdAt: new Date(collection.createdAt),
  encoders: { image: encoders.image.id, text: encoders.text.id },
});

const reportOf = (name: string, curve: RecallCurve): string[] => [
  `${name}: ${curve.anchors} vectors of ${curve.dimension} dimensions`,
  "    k    ef  recall   +/-      ms",
  ...curve.points.map(({ k, ef, recall, error, ms }) => {
    const chosen = pointFor(curve, k, RECALL_TARGET)?.ef === ef;
    const columns = [
      String(k).padStart(5),
      String(ef).padStart(5),
      recall.toFixed(4),
      error.toFixed(4),
      ms.toFixed(3).padStart(7),
    ];
    return `${columns.join(" ")}${chosen ? `  <- holds ${RECALL_TARGET}` : ""}`;
  }),
];
