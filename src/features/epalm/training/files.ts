import { z } from "zod";
import { AnchorageError, invalidField } from "../../../errors.ts";
import type { LayerSource } from "../adapter/index.ts";
import { readSafetensors } from "../../files/safetensors/index.ts";
import { captionPrompt, plainText, questionPrompt } from "../text/prompts.ts";
import type { AdapterRow } from "./types.ts";

/** Features of anchors as a service writes them: one tensor a layer. */
export interface LayerVectorsFile {
  readonly anchors: readonly string[];
  readonly sources: readonly LayerSource[];
  /** Of each layer `[anchors, dimension]`. */
  readonly layerVectors: readonly Float32Array[];
}

const anchorList = z.array(z.string());
const layerList = z
  .array(
    z.looseObject({
      id: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      dimension: z.int().positive(),
    }),
  )
  .min(1);

/**
 * Reads the safetensors file that `POST /v1/collections/{collection}/adapter-inputs` gives without an adapter.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong
 */
export const readLayerVectors = (bytes: Uint8Array): LayerVectorsFile => {
  const { tensors, metadata } = readSafetensors(bytes);
  const anchors = anchorList.safeParse(parsed(metadata.anchors));
  const layers = layerList.safeParse(parsed(metadata.layers));
  if (!anchors.success || !layers.success)
    throw corrupt("its header does not name anchors and layers, as that of a service's features does");
  const layerVectors = layers.data.map(({ id, dimension }) => {
    const tensor = tensors.get(id);
    if (tensor?.shape.join() !== `${anchors.data.length},${dimension}`)
      throw corrupt(`"${id}" is not [${anchors.data.length}, ${dimension}]`);
    return tensor.data;
  });
  const sources = layers.data.map(({ id, sha256, dimension }) => ({ encoder: id, sha256, dimension }));
  return { anchors: anchors.data, sources, layerVectors };
};

const line = z.strictObject({
  anchor: z.string(),
  question: z.string().min(1).optional(),
  answer: z.string().min(1),
  /** Captions to be put in front. */
  retrieved: z.array(z.string()).optional(),
});

/**
 * Reads rows as JSON, one a line: `{"anchor", "question", "answer"}`, a caption where there is no question.
 *
 * @throws AnchorageError `invalid-input` that names the first line that is wrong
 */
export const parseAdapterRows = (text: string, anchors: readonly string[]): AdapterRow[] => {
  const places = new Map(anchors.map((id, place) => [id, place]));
  return text.split("\n").flatMap((each, i): AdapterRow[] => {
    if (each.trim() === "") return [];
    const row = line.safeParse(parsed(each));
    if (!row.success)
      throw invalidField(
        [`line ${i + 1}`],
        row.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
      );
    const { anchor, question, answer, retrieved } = row.data;
    const input = places.get(anchor);
    if (input === undefined) throw invalidField([`line ${i + 1}`], `there are no features of "${anchor}"`);
    const prompt = question === undefined ? captionPrompt(retrieved) : questionPrompt(question, retrieved);
    return [{ input, prompt, answer: plainText(answer) }];
  });
};

const parsed = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
};

const corrupt = (why: string): AnchorageError =>
  new AnchorageError("corrupt-file", `This file has no features to train on: ${why}.`);
