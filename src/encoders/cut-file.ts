import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { callInWorker } from "../worker.ts";
import type { CutCalls } from "../onnx/index.ts";
import { exists } from "./folder.ts";

const CUT_FILE = /^until-.*\.onnx(\.\d+\.part)?$/;

/**
 * The file of a shared network that ends at the last of `outputs`, made where it is not there. ONNX Runtime computes a
 * whole file whichever of its outputs is asked for.
 *
 * @param model path of the whole network
 * @param outputs as far as the network is needed, shallowest first
 * @returns its path
 */
export const cutFileOf = async (
  directory: string,
  model: string,
  outputs: readonly string[],
): Promise<string> => {
  const target = join(directory, `until-${outputs.at(-1) ?? ""}.onnx`);
  if (!(await exists(target)))
    await callInWorker<CutCalls, "cut">(new URL("../onnx/cut-worker.ts", import.meta.url), "cut", {
      file: join(directory, model),
      outputs,
      target,
    });
  return target;
};

/** Removes the files that {@link cutFileOf} made; those that are needed are made again. */
export const removeCutFiles = async (directory: string): Promise<void> => {
  const names = await readdir(directory).catch(() => []);
  await Promise.all(
    names.filter((name) => CUT_FILE.test(name)).map((name) => rm(join(directory, name), { force: true })),
  );
};
