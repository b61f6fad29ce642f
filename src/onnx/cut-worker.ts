import { readFile, rename, writeFile } from "node:fs/promises";
import { cutModel } from "./cut.ts";

export interface CutCalls {
  /** Writes the model of `file` as far as `outputs` need it to `target`, which is whole as soon as it is there. */
  readonly cut: (task: {
    readonly file: string;
    readonly outputs: readonly string[];
    readonly target: string;
  }) => Promise<void>;
}

/** Entry point of the worker thread. */
export const open = (): CutCalls => ({
  cut: async ({ file, outputs, target }) => {
    const part = `${target}.${process.pid}.part`;
    await writeFile(part, cutModel(await readFile(file), outputs), { flush: true });
    await rename(part, target);
  },
});
