import { setImmediate } from "node:timers/promises";
import { adapterVisual, promptTokens, type Adapter } from "../index.ts";
import { AnchorageError } from "../../../errors.ts";
import { injectionPlanOf } from "./injection-plan.ts";
import type { StoredAdapter } from "./records.ts";
import type { AdapterInputs } from "./types.ts";

/** Multiplications before other work gets its turn: some ten milliseconds. */
const AT_ONCE = 2 ** 23;

/**
 * An adapter's output for features, one input a row.
 *
 * @param layerVectors of each layer `[rows, dimension]`
 * @throws AnchorageError `unprocessable` if a number overflows
 */
export const applyAdapter = async (
  { record, adapter }: StoredAdapter,
  layerVectors: readonly Float32Array[],
  rows: number,
): Promise<NonNullable<AdapterInputs["made"]>> => {
  const { settings } = adapter;
  const width = settings.features.length * settings.shape.hidden;
  const prefix = new Float32Array(rows * width);
  const step = Math.max(1, Math.floor(AT_ONCE / costOf(adapter)));
  for (let first = 0; first < rows; first += step) {
    if (first > 0) await setImmediate();
    const count = Math.min(step, rows - first);
    const part = settings.features.map(
      ({ dimension }, layer) =>
        layerVectors[layer]?.subarray(first * dimension, (first + count) * dimension) ?? new Float32Array(0),
    );
    const made = byRow(adapterVisual(adapter, part, count), count, adapter);
    if (!made.every(Number.isFinite))
      throw new AnchorageError(
        "unprocessable",
        "What the adapter makes of an input is larger than numbers can be.",
      );
    prefix.set(made, first * width);
  }
  const { id, version, sha256 } = record;
  return {
    adapter: { id, version, sha256 },
    settings,
    plan: injectionPlanOf(settings),
    prefix,
    prompt: promptOf(adapter),
  };
};

const prompts = new WeakMap<Adapter, Float32Array>();

/** The soft prompt `[prompt, word width]`, computed once an adapter. */
export const promptOf = (adapter: Adapter): Float32Array => {
  const found = prompts.get(adapter) ?? promptTokens(adapter.settings.shape, adapter.tensors);
  prompts.set(adapter, found);
  return found;
};

/** Multiplications an input. */
const costOf = ({ settings: { features: sources, shape } }: Adapter): number =>
  sources.reduce((sum, { dimension }, layer) => {
    const width = shape.features[layer] ?? dimension;
    return sum + width * shape.hidden + (width === dimension ? 0 : width * dimension);
  }, 1);

/** `[vectors, rows, hidden]` as `[rows, vectors, hidden]`. */
const byRow = (visual: Float32Array, rows: number, { settings }: Adapter): Float32Array => {
  const { hidden } = settings.shape;
  const vectors = settings.features.length;
  const result = new Float32Array(visual.length);
  for (let vector = 0; vector < vectors; vector++)
    for (let row = 0; row < rows; row++) {
      const from = (vector * rows + row) * hidden;
      result.set(visual.subarray(from, from + hidden), (row * vectors + vector) * hidden);
    }
  return result;
};
