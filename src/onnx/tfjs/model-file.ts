import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import { graphTopology, type GraphTopology } from "./graph-topology.ts";
import { layersTopology, type LayersTopology } from "./layers-topology.ts";
import { weightsManifest, type WeightsManifest } from "./weights.ts";

/** A `model.json` as TF.js writes it: what the network is, and which weights lie in which files beside it. */
export interface ModelFile<Topology> {
  readonly topology: Topology;
  readonly manifest: WeightsManifest;
  /** The weight files in their order; concatenated, they are what the manifest describes. */
  readonly shards: readonly string[];
}

/** @throws AnchorageError `unsupported-model` where this is not the file of a TensorFlow graph. */
export const parseGraphModel = (file: unknown): ModelFile<GraphTopology> => parse(graphTopology, file);

/** @throws AnchorageError `unsupported-model` where this is not the file of a Keras model with images as NHWC. */
export const parseLayersModel = (file: unknown): ModelFile<LayersTopology> => parse(layersTopology, file);

const parse = <Topology>(topology: z.ZodType<Topology>, file: unknown): ModelFile<Topology> => {
  const parsed = z.object({ modelTopology: topology, weightsManifest }).safeParse(file);
  if (parsed.success) {
    const { modelTopology, weightsManifest: manifest } = parsed.data;
    return { topology: modelTopology, manifest, shards: manifest.flatMap((group) => group.paths) };
  }
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const [first] = faults;
  throw new AnchorageError(
    "unsupported-model",
    `This is not a TF.js model that can be imported: ${first?.path ?? ""}: ${first?.message ?? ""}.`,
    { faults, cause: parsed.error },
  );
};
