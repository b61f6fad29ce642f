import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AnchorageError, invalidField, messageOf, type FieldPath } from "../../../errors.ts";
import { openInference, type Inference } from "../../../onnx/index.ts";

/** An operator's classifier over vectors of an encoder. */
export interface Classifier {
  readonly modality: "image" | "text";
  readonly dimension: number;
  readonly classes: readonly string[];
  /** Scores of each class, `[n, classes]`: log-probabilities, or what the file gives. */
  readonly classify: (vectors: Float32Array<ArrayBuffer>) => Promise<Float32Array>;
}

/** The folders of DATA_DIR/classifiers, each with a `classifier.json` and a `model.onnx`. */
export interface Classifiers {
  /** @throws AnchorageError `invalid-input` where there is none of this id, `unprocessable` where it cannot be used */
  readonly open: (id: string, path: FieldPath) => Promise<Classifier>;
  readonly close: () => Promise<void>;
}

const ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const MOST_BYTES = 256 * 1024 * 1024;
const FLOAT = "float32";

const manifest = z.strictObject({
  version: z.literal(1),
  modality: z.enum(["image", "text"]),
  dimension: z.int().min(1).max(65_536),
  classes: z.array(z.string().min(1)).min(1).max(100_000),
  /** What the outputs are; logits and probabilities are made log-probabilities. */
  output: z.enum(["logits", "probabilities", "log-probabilities", "scores"]).default("logits"),
});

/**
 * @param directory absent: there are none
 */
export const openClassifiers = (directory: string | undefined): Classifiers => {
  const opened = new Map<string, Promise<Classifier>>();
  const networks: Promise<Inference>[] = [];

  const load = async (folder: string, id: string): Promise<Classifier> => {
    try {
      const read: unknown = JSON.parse(await readFile(join(folder, "classifier.json"), "utf8"));
      const { modality, dimension, classes, output } = manifest.parse(read);
      const model = join(folder, "model.onnx");
      if ((await stat(model)).size > MOST_BYTES)
        throw new Error(`model.onnx has more than ${MOST_BYTES} bytes`);
      const opening = openInference(model);
      networks.push(opening);
      const network = await opening;
      const [input = ""] = network.inputNames;
      const [name = ""] = network.outputNames;
      return {
        modality,
        dimension,
        classes,
        classify: async (vectors) => {
          const rows = vectors.length / dimension;
          const feeds = { [input]: { type: FLOAT, data: vectors, dims: [rows, dimension] } } as const;
          const [found] = await network.run(feeds, [name]);
          const data = found?.data;
          if (!(data instanceof Float32Array) || data.length !== rows * classes.length)
            throw new AnchorageError("unavailable", `gave no ${rows} x ${classes.length} numbers`);
          return toLogs(data, classes.length, output);
        },
      };
    } catch (cause) {
      const why = messageOf(cause).replaceAll(folder, id);
      throw new AnchorageError("unprocessable", `The classifier "${id}" cannot be used: ${why}`, { cause });
    }
  };

  return {
    open: async (id, path) => {
      const folder = directory === undefined || !ID.test(id) ? undefined : join(directory, id);
      const isThere =
        folder !== undefined &&
        (await stat(folder).then(
          (found) => found.isDirectory(),
          () => false,
        ));
      if (!isThere)
        throw invalidField(path, "is no classifier of this service: there is no such folder in classifiers/");
      const known = opened.get(id) ?? load(folder, id);
      opened.set(id, known);
      known.catch(() => opened.delete(id));
      return known;
    },
    close: async () => {
      opened.clear();
      for (const network of networks.splice(0)) await (await network.catch(() => undefined))?.close();
    },
  };
};

const toLogs = (
  data: Float32Array,
  columns: number,
  output: z.infer<typeof manifest>["output"],
): Float32Array => {
  if (output === "scores" || output === "log-probabilities") return data;
  if (output === "probabilities") return data.map((share) => Math.log(Math.max(share, Number.MIN_VALUE)));
  const logs = new Float32Array(data.length);
  for (let first = 0; first < data.length; first += columns) {
    const row = data.subarray(first, first + columns);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const all = top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0));
    row.forEach((value, i) => (logs[first + i] = value - all));
  }
  return logs;
};
