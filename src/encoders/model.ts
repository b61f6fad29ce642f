import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError, messageOf } from "../errors.ts";
import { withMemory } from "../memory-budget.ts";
import { openInference, type Inference, type OutputData, type TensorData } from "../onnx/index.ts";
import { verifyFiles } from "./checksum.ts";
import { cutFileOf } from "./cut-file.ts";
import type { EncoderManifest } from "./manifest.ts";
import { createTaskQueue } from "./task-queue.ts";

/** Batches up to this size are typical of queries; imports use larger ones. */
const SMALL_BATCH = 2;

/** ONNX Runtime holds a file's bytes beside the weights as it has laid them out. */
const WEIGHT_COPIES = 2;

/** A loaded network. */
interface Model {
  /**
   * Runs one batch at a time; the caller can prepare the next batch in the meantime.
   *
   * @param feeds inputs whose first dimension is the batch; their buffers are transferred and become unusable
   * @param cuts the encoders, among those that share the network, whose outputs are needed
   * @returns one output per cut
   * @throws AnchorageError `unsupported-model` if the network lacks an output that a manifest names
   */
  run(feeds: Readonly<Record<string, TensorData>>, cuts: readonly EncoderManifest[]): Promise<OutputData[]>;
  close(): Promise<void>;
}

/**
 * Loads an encoder's network.
 *
 * @param outputs as far as a shared network is needed, shallowest first; null: all of it
 * @throws AnchorageError `corrupt-file` if a file does not match the manifest's SHA-256 or cannot be loaded,
 * `unsupported-model` if the network's inputs or outputs do not match the manifest
 */
export const openModel = async (
  directory: string,
  manifest: EncoderManifest,
  outputs: readonly string[] | null = null,
): Promise<Model> => {
  await verifyFiles(directory, manifest);
  const { model } = manifest.files;
  const file = outputs === null ? join(directory, model) : await cutFileOf(directory, model, outputs);
  const inference = await withMemory(
    {
      bytes: WEIGHT_COPIES * (await modelBytes(directory, manifest)),
      what: `Loading encoder "${manifest.id}"`,
    },
    () => load(file, manifest),
  );
  try {
    requireInputs(inference, manifest);
    outputOf(inference, manifest);
    const turns = createTaskQueue();
    return {
      run: (feeds, cuts) => {
        const outputs = cuts.map((cut) => outputOf(inference, cut));
        // Not every exported network has inputs for the mask and token types.
        const asked = Object.entries(feeds).filter(([input]) => inference.inputNames.includes(input));
        const isSmall = asked.every(([, { dims }]) => (dims[0] ?? 0) <= SMALL_BATCH);
        return turns.take(isSmall ? "small" : "large", () =>
          infer(inference, Object.fromEntries(asked), outputs, manifest),
        );
      },
      close: () => inference.close(),
    };
  } catch (error) {
    await inference.close();
    throw error;
  }
};

const modelBytes = async (directory: string, { sha256 }: EncoderManifest): Promise<number> => {
  const sizes = await Promise.all(
    Object.keys(sha256).map(async (name) => (await stat(join(directory, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

const load = async (file: string, manifest: EncoderManifest): Promise<Inference> => {
  try {
    return await openInference(file);
  } catch (error) {
    throw new AnchorageError(
      "corrupt-file",
      `Encoder "${manifest.id}" cannot be loaded: ${firstLineOf(error)}`,
      { cause: error },
    );
  }
};

const requireInputs = ({ inputNames }: Inference, manifest: EncoderManifest): void => {
  const fed = new Set<string | undefined>(Object.values(manifest.inputs));
  const missing = inputNames.find((input) => !fed.has(input));
  if (missing !== undefined) throw wrongModel(manifest, `asks for an input "${missing}", which is not known`);
};

/** The name of the output to use. */
const outputOf = ({ outputNames }: Inference, manifest: EncoderManifest): string => {
  const output = manifest.output ?? outputNames[0] ?? "";
  if (!outputNames.includes(output))
    throw wrongModel(manifest, `has no output "${output}", but ${outputNames.join(", ")}`);
  return output;
};

const infer = async (
  inference: Inference,
  feeds: Readonly<Record<string, TensorData>>,
  outputs: readonly string[],
  manifest: EncoderManifest,
): Promise<OutputData[]> => {
  try {
    return await inference.run(feeds, outputs);
  } catch (error) {
    throw new AnchorageError(
      "unsupported-model",
      `Encoder "${manifest.id}" cannot run on its input: ${firstLineOf(error)}`,
      { cause: error },
    );
  }
};

/** An `unsupported-model` error: the network does not match its manifest. */
export const wrongModel = (manifest: EncoderManifest, what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `Encoder "${manifest.id}" ${what}.`);

const firstLineOf = (error: unknown): string => messageOf(error).split("\n", 1).join("");
