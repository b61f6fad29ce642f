import { join } from "node:path";
import { AnchorageError, messageOf } from "../errors.ts";
import { openInference, type Inference, type OutputData, type TensorData } from "../onnx/index.ts";
import { verifyFiles } from "./checksum.ts";
import type { EncoderManifest } from "./manifest.ts";
import { createTurns } from "./turns.ts";

/** Inputs that a query may have and an import's batch hardly has. */
const SMALL_BATCH = 2;

/** A network in memory. */
export interface Model {
  /**
   * Runs one batch at a time; the caller prepares the next one meanwhile.
   *
   * @param feeds the first dimension of each is the batch; their memory is given away
   * @param cuts the encoders whose outputs are wanted, of those that share the network
   * @returns one output a cut
   * @throws AnchorageError `unsupported-model` where the network has not the output that a manifest says
   */
  run(feeds: Readonly<Record<string, TensorData>>, cuts: readonly EncoderManifest[]): Promise<OutputData[]>;
  close(): Promise<void>;
}

/**
 * Loads an encoder's network.
 *
 * @throws AnchorageError `corrupt-file` where a file is not the one the manifest names or cannot be loaded,
 * `unsupported-model` where the network has other inputs or outputs than the manifest says.
 */
export const openModel = async (directory: string, manifest: EncoderManifest): Promise<Model> => {
  await verifyFiles(directory, manifest);
  const inference = await load(directory, manifest);
  try {
    requireInputs(inference, manifest);
    outputOf(inference, manifest);
    const turns = createTurns();
    return {
      run: (feeds, cuts) => {
        const outputs = cuts.map((cut) => outputOf(inference, cut));
        // Exports differ in whether they ask for a mask and for token types.
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

const load = async (directory: string, manifest: EncoderManifest): Promise<Inference> => {
  try {
    return await openInference(join(directory, manifest.files.model));
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

/** The name of the output that is read. */
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

/** For an encoder whose network does not do what its manifest says. */
export const wrongModel = (manifest: EncoderManifest, what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `Encoder "${manifest.id}" ${what}.`);

const firstLineOf = (error: unknown): string => messageOf(error).split("\n", 1).join("");
