import { z } from "zod";
import type { EncoderId, EncoderInfo, EncoderLayer } from "../types.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readFolderJson, wrongFolder } from "./folder.ts";
import type { EncoderManifest, FinalNorm, ImageManifest } from "./manifest.ts";

/** An intermediate output of an encoder's network, with its own encoder id. */
export interface LayerDefinition {
  readonly name: string;
  readonly manifest: ImageManifest;
  readonly info: EncoderInfo;
}

const numbers = z.array(z.number());
const normFile = z.object({ weight: numbers, bias: numbers });

/**
 * Reads the layers that a manifest declares, with the parameters of their normalisation.
 *
 * @throws AnchorageError `corrupt-file` if a normalisation file is missing or has another dimension
 */
export const readLayers = async (
  directory: string,
  manifest: EncoderManifest,
): Promise<LayerDefinition[]> => {
  if (manifest.modality === "text") return [];
  const { layers = [], ...encoder } = manifest;
  return Promise.all(
    layers.map(async ({ name, output, dimension, pooling, norm }): Promise<LayerDefinition> => {
      const id = `${encoder.id}#${name}`;
      const read = norm === undefined ? null : await readNorm(directory, norm, dimension);
      const own: ImageManifest = {
        ...encoder,
        ...{ id, output, dimension, pooling, default: false },
        source: `${encoder.source}: ${output}`,
        layer: { norm: read },
      };
      const { source, licence, modality } = own;
      const info: EncoderInfo = {
        id: id as EncoderId,
        ...{ modality, dimension, source, licence },
        default: false,
        sha256: fingerprintOf(own),
      };
      return { name, manifest: own, info };
    }),
  );
};

/** The public description of a layer. */
export const listedLayer = (name: string, { id, dimension, sha256 }: EncoderInfo): EncoderLayer => ({
  name,
  id,
  dimension,
  sha256,
});

/**
 * Applies layer normalisation (Ba et al., arXiv 1607.06450) to each row, in place.
 *
 * @param rows `[n, d]` row-major, where d is the length of `weight`
 */
export const normalizeLayer = (rows: Float32Array, { epsilon, weight, bias }: FinalNorm): void => {
  const d = weight.length;
  for (let start = 0; start < rows.length; start += d) {
    let mean = 0;
    for (let i = 0; i < d; i++) mean += (rows[start + i] ?? 0) / d;
    let variance = 0;
    for (let i = 0; i < d; i++) variance += ((rows[start + i] ?? 0) - mean) ** 2 / d;
    const scale = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < d; i++)
      rows[start + i] = ((rows[start + i] ?? 0) - mean) * scale * (weight[i] ?? 1) + (bias[i] ?? 0);
  }
};

const readNorm = async (
  directory: string,
  { file, epsilon }: { readonly file: string; readonly epsilon: number },
  dimension: number,
): Promise<FinalNorm> => {
  const { weight, bias } = await readFolderJson(directory, file, normFile);
  for (const [name, { length }] of Object.entries({ weight, bias }))
    if (length !== dimension)
      throw wrongFolder(directory, `${file}: ${name} has ${length} numbers; its layers have ${dimension}`);
  return { epsilon, weight, bias };
};
