import { noCheckpoint } from "./fault.ts";
import {
  isKind,
  type Pickled,
  type PickledGlobal,
  type PickledStorage,
  type PickledTensor,
} from "./values.ts";

const ORDERED_DICT = "collections.OrderedDict";
const REBUILD = "torch._utils._rebuild_tensor_v2";
const LOAD = "torch.storage._load_from_bytes";
const STORAGE = /^torch\.(?<type>(?:Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage)$/;
const MOST_DIMENSIONS = 16;

/** Reads a storage that a pickle carries as bytes. */
export type ReadStorage = (bytes: Uint8Array) => PickledStorage;

/**
 * @param carriesStorages whether the pickle may carry storages as bytes
 * @throws AnchorageError `corrupt-file` that names what is not known
 */
export const globalOf = (module: string, name: string, carriesStorages: boolean): PickledGlobal => {
  const whole = `${module}.${name}`;
  if (
    whole === ORDERED_DICT ||
    whole === REBUILD ||
    STORAGE.test(whole) ||
    (carriesStorages && whole === LOAD)
  )
    return { kind: "global", name: whole };
  throw noCheckpoint(
    `its pickle asks for ${JSON.stringify(whole.slice(0, 200))}, and nothing but tensors, dictionaries and plain values is read`,
  );
};

/**
 * What calling one of the known names gives.
 *
 * @param spend counts the items that are copied, because a list that is made once can be given again and again
 */
export const called = (
  callee: Pickled | undefined,
  given: Pickled | undefined,
  spend: (items: number) => void,
  readStorage?: ReadStorage,
): Pickled => {
  if (!isKind(callee, "global")) throw noCheckpoint("its pickle calls what is no function");
  if (!Array.isArray(given)) throw noCheckpoint(`its pickle calls ${callee.name} with no list of arguments`);
  if (callee.name === ORDERED_DICT) return ordered(given, spend);
  if (callee.name === REBUILD) return rebuilt(given);
  const [bytes, ...others] = given as readonly Pickled[];
  if (callee.name === LOAD && readStorage !== undefined && bytes instanceof Uint8Array && others.length === 0)
    return readStorage(bytes);
  throw noCheckpoint(`its pickle calls ${callee.name}`);
};

const ordered = ([pairs, ...others]: readonly Pickled[], spend: (items: number) => void): Pickled => {
  if (others.length > 0) throw noCheckpoint(`${ORDERED_DICT} is given too much`);
  const entries = new Map<Pickled, Pickled>();
  if (pairs === undefined) return { kind: "dict", entries };
  if (!Array.isArray(pairs)) throw noCheckpoint(`${ORDERED_DICT} is given no list`);
  spend(pairs.length);
  for (const pair of pairs as readonly Pickled[]) {
    if (!Array.isArray(pair) || pair.length !== 2) throw noCheckpoint(`${ORDERED_DICT} is given no pairs`);
    const [key, value] = pair as [Pickled, Pickled];
    entries.set(key, value);
  }
  return { kind: "dict", entries };
};

const rebuilt = ([storage, offset, shape, strides]: readonly Pickled[]): PickledTensor => {
  if (!isKind(storage, "storage") || !isSize(offset) || !isSizes(shape) || !isSizes(strides))
    throw noCheckpoint("one of its tensors is malformed");
  if (shape.length !== strides.length)
    throw noCheckpoint("one of its tensors has a shape that does not fit its strides");
  return { kind: "tensor", storage, offset, shape, strides };
};

/** What a persistent id stands for: a storage, written as `("storage", its type, key, device, count)`. */
export const storageOf = (id: Pickled | undefined): PickledStorage => {
  const [what, type, key, , count] = Array.isArray(id) ? (id as readonly Pickled[]) : [];
  const found = isKind(type, "global") ? STORAGE.exec(type.name)?.groups?.type : undefined;
  if (what !== "storage" || found === undefined || typeof key !== "string" || !isSize(count))
    throw noCheckpoint("one of its storages is malformed");
  return { kind: "storage", type: found, key, count };
};

const isSize = (value: Pickled | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isSizes = (value: Pickled | undefined): value is readonly number[] =>
  Array.isArray(value) && value.length <= MOST_DIMENSIONS && (value as readonly Pickled[]).every(isSize);
