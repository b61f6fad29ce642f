import { z } from "zod";
import { AnchorageError, faultsOfIssues, faultsText } from "../../../errors.ts";
import { graphTopology, type GraphTopology } from "./graph-topology.ts";
import { layersTopology, type LayersTopology } from "./layers-topology.ts";
import { weightsManifest, type WeightsManifest } from "./weights.ts";

/** A parsed TF.js `model.json`. */
export interface ModelFile<Topology> {
  readonly topology: Topology;
  readonly manifest: WeightsManifest;
  /** Paths of the weight files, relative to `model.json`; their concatenation is described by `manifest`. */
  readonly shards: readonly string[];
}

/**
 * Parses the `model.json` of a TensorFlow graph model.
 *
 * @param file the parsed JSON
 * @throws AnchorageError `unsupported-model` if it is not a graph model
 */
export const parseGraphModel = (file: unknown): ModelFile<GraphTopology> => parse(graphTopology, file);

/**
 * Parses the `model.json` of a Keras layers model with NHWC images.
 *
 * @param file the parsed JSON
 * @throws AnchorageError `unsupported-model` if it is not such a model
 */
export const parseLayersModel = (file: unknown): ModelFile<LayersTopology> => parse(layersTopology, file);

const parse = <Topology>(topology: z.ZodType<Topology>, file: unknown): ModelFile<Topology> => {
  const parsed = z.object({ modelTopology: topology, weightsManifest }).safeParse(file);
  if (parsed.success) {
    const { modelTopology, weightsManifest: manifest } = parsed.data;
    return { topology: modelTopology, manifest, shards: manifest.flatMap((group) => group.paths) };
  }
  const faults = faultsOfIssues(parsed.error.issues);
  throw new AnchorageError(
    "unsupported-model",
    `This is not a TF.js model that can be imported: ${faultsText(faults.slice(0, 1))}.`,
    { faults, cause: parsed.error },
  );
};
