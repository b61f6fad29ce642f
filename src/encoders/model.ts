import { join } from "node:path";
import { InferenceSession, type Tensor } from "onnxruntime-node";
import pLimit from "p-limit";
import { AnchorageError, messageOf } from "../errors.ts";
import { verifyFiles } from "./checksum.ts";
import type { EncoderManifest } from "./manifest.ts";

/** A network in memory. */
export interface Model {
  /** Runs one batch at a time; the caller prepares the next one meanwhile. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Tensor>;
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
  const session = await load(directory, manifest);
  try {
    const name = outputOf(session, manifest);
    const oneAtATime = pLimit(1);
    return {
      run: (feeds) =>
        oneAtATime(async () => {
          // Exports differ in whether they ask for a mask and for token types.
          const asked = Object.fromEntries(
            Object.entries(feeds).filter(([input]) => session.inputNames.includes(input)),
          );
          const output = await infer(session, asked, name, manifest);
          if (output === undefined) throw wrongModel(manifest, `has no output "${name}"`);
          return output;
        }),
      close: () => oneAtATime(() => session.release()),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
};

const load = async (directory: string, manifest: EncoderManifest): Promise<InferenceSession> => {
  try {
    // A foreign export warns of what it cannot help, and what fails is thrown.
    return await InferenceSession.create(join(directory, manifest.files.model), { logSeverityLevel: 4 });
  } catch (error) {
    throw new AnchorageError(
      "corrupt-file",
      `Encoder "${manifest.id}" cannot be loaded: ${firstLineOf(error)}`,
      { cause: error },
    );
  }
};

/** The name of the output that is read, once it is sure that the network's inputs are those that are fed. */
const outputOf = ({ inputNames, outputNames }: InferenceSession, manifest: EncoderManifest): string => {
  const fed = new Set<string | undefined>(Object.values(manifest.inputs));
  const missing = inputNames.find((input) => !fed.has(input));
  if (missing !== undefined) throw wrongModel(manifest, `asks for an input "${missing}", which is not known`);
  const output = manifest.output ?? outputNames[0] ?? "";
  if (!outputNames.includes(output))
    throw wrongModel(manifest, `has no output "${output}", but ${outputNames.join(", ")}`);
  return output;
};

const infer = async (
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  output: string,
  manifest: EncoderManifest,
): Promise<Tensor | undefined> => {
  try {
    return (await session.run(feeds, [output]))[output];
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
