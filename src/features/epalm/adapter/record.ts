import { createHash } from "node:crypto";
import { AnchorageError } from "../../../errors.ts";
import { readSafetensors, writeSafetensors } from "../../files/safetensors/index.ts";
import { checkAdapter } from "./names.ts";
import { isOfProjection, projectionShapes } from "./projection.ts";
import { parseAdapterSettings } from "./settings.ts";
import type { Adapter, AdapterSettings, NamedTensor } from "./types.ts";

const FORMAT = "anchorage-adapter-1";

/**
 * Joins settings and tensors to an adapter.
 *
 * @throws AnchorageError `unprocessable` that names what does not fit
 */
export const createAdapter = (given: AdapterSettings, tensors: ReadonlyMap<string, NamedTensor>): Adapter => {
  // In the order of the schema, so that the same settings are the same text.
  const settings = parseAdapterSettings(given);
  const trained = new Map([...tensors].filter(([name]) => !isOfProjection(name)));
  checkAdapter(settings.shape, trained);
  checkProjection(settings, new Map([...tensors].filter(([name]) => isOfProjection(name))));
  const bytes = bytesOf(settings, tensors);
  return { settings, tensors, sha256: createHash("sha256").update(bytes).digest("hex") };
};

/** Writes an adapter as one safetensors file, its settings as JSON in the header. */
export const writeAdapter = ({ settings, tensors }: Adapter): Uint8Array => bytesOf(settings, tensors);

/**
 * Reads what {@link writeAdapter} wrote.
 *
 * @throws AnchorageError `corrupt-file` where it is no such file, `unprocessable` where its parts do not fit
 */
export const readAdapter = (bytes: Uint8Array): Adapter => {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== FORMAT)
    throw new AnchorageError(
      "corrupt-file",
      `This safetensors file is no adapter: its header has no format "${FORMAT}".`,
    );
  return createAdapter(parseAdapterSettings(parsedSettings(metadata.settings ?? "")), tensors);
};

const bytesOf = (settings: AdapterSettings, tensors: ReadonlyMap<string, NamedTensor>): Uint8Array =>
  writeSafetensors(tensors, { format: FORMAT, settings: JSON.stringify(settings) });

const parsedSettings = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AnchorageError("corrupt-file", "The adapter's settings are no JSON.", { cause: error });
  }
};

/** There is a projection of every layer, or of none, whose features are then taken as they are. */
const checkProjection = (
  { features: sources, shape }: AdapterSettings,
  found: ReadonlyMap<string, NamedTensor>,
): void => {
  const dimensions = sources.map(({ dimension }) => dimension);
  const faults: string[] = [];
  if (found.size === 0) {
    dimensions.forEach((dimension, vector) => {
      if (dimension !== shape.features[vector])
        faults.push(
          `layer ${vector} has ${dimension} features, its map takes ${shape.features[vector] ?? 0}, and there is no projection`,
        );
    });
  } else {
    const wanted = projectionShapes(dimensions, shape.features);
    for (const [name, dims] of wanted) {
      const tensor = found.get(name);
      if (tensor === undefined) faults.push(`${name} is missing`);
      else if (tensor.shape.join() !== dims.join())
        faults.push(`${name} is [${tensor.shape.join(", ")}] and should be [${dims.join(", ")}]`);
      else if (!tensor.data.every(Number.isFinite)) faults.push(`${name} holds a number that is not finite`);
    }
    for (const name of found.keys()) if (!wanted.has(name)) faults.push(`${name} is of no use here`);
  }
  if (faults.length > 0)
    throw new AnchorageError("unprocessable", `The adapter does not fit: ${faults.join("; ")}.`, {
      faults: faults.map((message) => ({ path: ["weights"], message })),
    });
};
