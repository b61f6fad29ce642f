import type { Database } from "../../../store/index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { invalidField, isAnchorageError, type FieldPath } from "../../../errors.ts";
import { type CollectionRecord, type EncoderRecord, ensureEncoder } from "../../../store/index.ts";
import type { EncoderInfo } from "../../../types.ts";
import { nameOfLayer } from "./compatibility.ts";
import type { NamedLayer } from "./types.ts";

/**
 * The layers that a request names, or those of the collection's image encoder; the shallowest first.
 *
 * @param path of the list in the request
 * @throws AnchorageError `invalid-input` that names the first id which is not known; `unprocessable` where the
 * collection's encoder declares no layers
 */
export const chooseLayers = async (
  store: Database,
  registry: Pick<EncoderRegistry, "layer" | "list">,
  { imageEncoder }: CollectionRecord,
  ids: readonly string[] | undefined,
  path: FieldPath = ["layers"],
): Promise<NamedLayer[]> => {
  const wanted = ids ?? ownLayers(registry, imageEncoder, path);
  const twice = wanted.findIndex((id, i) => wanted.indexOf(id) < i);
  if (twice >= 0) throw invalidField([...path, twice], `"${wanted[twice] ?? ""}" is named twice`);
  const infos = wanted.map((id, i) => layerInfo(registry, id, [...path, i]));
  return Promise.all(
    infos.map(async (info) => ({
      name: nameOfLayer(info.id),
      encoder: await ensureEncoder(store, info),
    })),
  );
};

const ownLayers = (
  registry: Pick<EncoderRegistry, "list">,
  { id }: EncoderRecord,
  path: FieldPath,
): readonly string[] => {
  const own = registry.list().find((info) => info.modality === "image" && info.id === id);
  if (own !== undefined && own.layers.length > 0) return own.layers.map((layer) => layer.id);
  const what = own === undefined ? "is not installed here" : "declares no layers";
  const message = `must be given, for the collection's image encoder "${id}" ${what}`;
  throw invalidField(path, message, "unprocessable");
};

/** @throws AnchorageError `invalid-input` that names the field where there is no such layer */
export const layerInfo = (
  registry: Pick<EncoderRegistry, "layer">,
  id: string,
  path: FieldPath,
): EncoderInfo => {
  try {
    return registry.layer(id);
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "not-found") throw error;
    throw invalidField(path, `there is no layer and no image encoder "${id}"; GET /v1/encoders shows them`);
  }
};
