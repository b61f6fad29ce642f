import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInference, type TensorData } from "../../../src/onnx/index.ts";
import type { NamedTensor, Tensors } from "../../../src/features/epalm/adapter/index.ts";
import { weightShapes, type DecoderConfig } from "../../../src/features/epalm/decoder/config.ts";
import { trainingGraph, type WeightSource } from "../../../src/features/epalm/decoder/graphs.ts";
import { feedsOf, type Batch } from "./batches.ts";

/** A decoder whose weights are given with each run. */
export interface LiveDecoder {
  /** The sum of the cross-entropies of a batch, in nats, and of how many tokens. */
  readonly lossOf: (weights: Tensors, batch: Batch) => Promise<{ loss: number; targets: number }>;
  /** With the gradients of that sum. */
  readonly gradientsOf: (
    weights: Tensors,
    batch: Batch,
  ) => Promise<{ loss: number; targets: number; gradients: ReadonlyMap<string, NamedTensor> }>;
  readonly close: () => Promise<void>;
}

const asInput: WeightSource = (graph, name, shape) => ({
  value: graph.input(name, "float32", shape),
  live: true,
});

export const openLiveDecoder = async (config: DecoderConfig): Promise<LiveDecoder> => {
  const path = join(tmpdir(), `anchorage-${randomUUID()}.onnx`);
  await writeFile(path, trainingGraph(config, { prompt: 0 }, asInput));
  const network = await openInference(path).finally(() => rm(path, { force: true }));
  const shapes = [...weightShapes(config)];
  const run = async (weights: Tensors, batch: Batch, outputs: readonly string[]) => {
    const { feeds, targets } = feedsOf(batch, config.pad);
    for (const [name, { shape, data }] of weights) {
      // What is fed moves to the network's thread.
      const fed: TensorData = { type: "float32", data: data.slice(), dims: shape };
      feeds[name] = fed;
    }
    const [losses, ...rest] = await network.run(feeds, outputs);
    const loss = (losses?.data as Float32Array).reduce((sum, value) => sum + value, 0);
    return { loss, targets, rest };
  };
  return {
    lossOf: async (weights, batch) => {
      const { loss, targets } = await run(weights, batch, ["loss"]);
      return { loss, targets };
    },
    gradientsOf: async (weights, batch) => {
      const { loss, targets, rest } = await run(weights, batch, [
        "loss",
        ...shapes.map(([name]) => `d_${name}`),
      ]);
      const gradients = new Map(
        shapes.map(([name, shape], i) => [name, { shape, data: rest[i]?.data as Float32Array }]),
      );
      return { loss, targets, gradients };
    },
    close: network.close,
  };
};
