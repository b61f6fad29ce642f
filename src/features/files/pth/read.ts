import type { NamedTensor, Tensors } from "../../../math/tensors.ts";
import { isArchive, isPickle, openArchive } from "./archive.ts";
import { noCheckpoint } from "./fault.ts";
import { countOf, FLOATS, writeNumbers } from "./numbers.ts";
import { isKind } from "./values.ts";

/** Under which the authors of eP-ALM keep what is trained. */
const MODEL = "model";
/** Of the numbers that are read. */
const LEAST_BYTES = 2;

/** Whether a file may be a PyTorch checkpoint, by its first bytes: a zip archive, or a pickle. */
export const isCheckpoint = (bytes: Uint8Array): boolean => isArchive(bytes) || isPickle(bytes);

/**
 * Reads the tensors under `model` of a checkpoint as `torch.save` writes it since PyTorch 1.6 (a zip archive of a pickle
 * and of numbers), as float32. Nothing in it is run.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong, or what the pickle asks for that is not read
 */
export const readCheckpoint = (bytes: Uint8Array): Tensors => {
  const { root, bytesOf } = openArchive(bytes);
  const model = isKind(root, "dict") ? root.entries.get(MODEL) : undefined;
  if (!isKind(model, "dict")) throw noCheckpoint(`it has no dictionary "${MODEL}"`);
  const tensors: Tensors = new Map();
  let read = 0;
  for (const [name, tensor] of model.entries) {
    if (typeof name !== "string" || !isKind(tensor, "tensor"))
      throw noCheckpoint(`"${MODEL}" holds something that is no tensor`);
    read += countOf(tensor);
    // A few bytes can describe a tensor of any size, by steps of 0 from number to number, or again and again.
    if (!(read * LEAST_BYTES <= bytes.length)) throw noCheckpoint(`"${name}" is larger than the file`);
    const data = new Float32Array(countOf(tensor));
    writeNumbers(data, name, tensor, FLOATS, bytesOf(tensor.storage));
    tensors.set(name, { shape: tensor.shape, data });
  }
  return tensors;
};

/**
 * Reads the one tensor of a file that `torch.save(tensor, file)` wrote since PyTorch 1.6, as float32. Nothing in it is
 * run.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong, or that the file holds something else
 * @example
 * ```ts
 * const { shape, data } = readTensor(await readFile("zimgs.pt"));
 * ```
 */
export const readTensor = (bytes: Uint8Array): NamedTensor => {
  const { root, bytesOf } = openArchive(bytes);
  if (!isKind(root, "tensor")) throw noCheckpoint("it holds something else than one tensor");
  const count = countOf(root);
  if (!(count * LEAST_BYTES <= bytes.length)) throw noCheckpoint("its tensor is larger than the file");
  const data = new Float32Array(count);
  writeNumbers(data, "its tensor", root, FLOATS, bytesOf(root.storage));
  return { shape: root.shape, data };
};
