import { isArchive, openArchive } from "./archive.ts";
import { noCheckpoint } from "./fault.ts";
import { countOf, INTEGERS, writeNumbers } from "./numbers.ts";
import { openPickles, readPickle } from "./pickle.ts";
import { isKind, type Pickled, type PickledStorage } from "./values.ts";

/** A list of a million tensors takes some twenty instructions for each. */
const MOST_STEPS = 20_000_000;
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const COUNT_BYTES = 8;

/**
 * Reads whole numbers that were saved by `torch.save` or by Python's `pickle.dump` (protocol 2 to 5): a list of numbers,
 * a tensor, or a list of tensors, one after the other. Nothing in the file is run.
 *
 * `list(labels)` of a tensor is a list of tensors of one number each; that is how the authors of ASIF keep labels.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong, or what the file holds that is not read
 * @example
 * ```ts
 * const labels = readIntegers(await readFile("labels.pkl"));
 * ```
 */
export const readIntegers = (bytes: Uint8Array): number[] => {
  const { root, bytesOf } = isArchive(bytes)
    ? openArchive(bytes)
    : {
        root: readPickle(bytes, { mostSteps: MOST_STEPS, readStorage: storageIn }),
        bytesOf: (storage: PickledStorage) => storage.bytes,
      };
  const numbers: number[] = [];
  for (const item of isList(root) ? root : [root]) {
    if (typeof item === "number" && Number.isInteger(item)) {
      numbers.push(item);
    } else if (isKind(item, "tensor")) {
      // Each number of a tensor takes a byte at least; steps of 0 would tell a tensor of any size.
      const count = countOf(item);
      if (!(numbers.length + count <= bytes.length))
        throw noCheckpoint("its tensors are larger than the file");
      const values = new Float64Array(count);
      writeNumbers(values, "a tensor", item, INTEGERS, bytesOf(item.storage));
      for (const value of values) numbers.push(value);
    } else {
      throw noCheckpoint("it holds something else than whole numbers and tensors of them");
    }
  }
  return numbers;
};

const isList = (value: Pickled): value is readonly Pickled[] => Array.isArray(value);

/**
 * The storage that a pickle carries as bytes: what `torch.save` writes of it by the format before PyTorch 1.6, which is
 * five pickles (a magic number, the protocol, the machine, the storage by its key, all keys), a count and the numbers.
 */
const storageIn = (bytes: Uint8Array): PickledStorage => {
  const pickles = openPickles(bytes);
  const [magic, protocol, machine, storage, keys] = [1, 2, 3, 4, 5].map(() => pickles.next());
  if (magic !== MAGIC || protocol !== PROTOCOL) throw noCheckpoint("one of its storages is malformed");
  if (!isKind(machine, "dict") || machine.entries.get("little_endian") !== true)
    throw noCheckpoint("the numbers of a storage are not little-endian");
  const [key, ...others] = keys !== undefined && isList(keys) ? keys : [];
  if (!isKind(storage, "storage") || storage.key !== key || others.length > 0)
    throw noCheckpoint("one of its storages is malformed");
  const count = Number(pickles.take(COUNT_BYTES).getBigInt64(0, true));
  const type = INTEGERS.types[storage.type];
  if (type === undefined) throw noCheckpoint(`a tensor is a ${storage.type}; ${INTEGERS.label} are read`);
  if (count !== storage.count)
    throw noCheckpoint("the numbers of a storage are not as many as they should be");
  const { buffer, byteOffset, byteLength } = pickles.take(count * type.bytes);
  return { ...storage, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
};
