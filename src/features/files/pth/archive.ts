import { noCheckpoint } from "./fault.ts";
import { readPickle } from "./pickle.ts";
import type { Pickled, PickledStorage } from "./values.ts";
import { readZip } from "./zip.ts";

const STATE = "data.pkl";
/** The first bytes of what PyTorch wrote before version 1.6. */
const OLD = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46];
const ZIP = [0x50, 0x4b];
const PICKLE = 0x80;

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** Whether bytes may be an archive as `torch.save` writes it since PyTorch 1.6. */
export const isArchive = (bytes: Uint8Array): boolean => startsWith(bytes, ZIP);

/** Whether bytes may be a pickle of protocol 2 to 5, as both PyTorch before 1.6 and Python write it. */
export const isPickle = (bytes: Uint8Array): boolean => bytes[0] === PICKLE && (bytes[1] ?? 9) <= 5;

/** What `torch.save` wrote: one value, whose tensors are views of storages. */
export interface Archive {
  readonly root: Pickled;
  readonly bytesOf: (storage: PickledStorage) => Uint8Array | undefined;
}

/**
 * Opens a zip archive of a pickle and of numbers. Nothing in it is run.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong, or what the pickle asks for that is not read
 */
export const openArchive = (bytes: Uint8Array): Archive => {
  if (startsWith(bytes, OLD))
    throw noCheckpoint(
      "it is of the kind before PyTorch 1.6; load it there and save it again, or write it as safetensors",
    );
  const entries = readZip(bytes);
  const [state, ...others] = [...entries.keys()].filter((name) => name.split("/").at(-1) === STATE);
  if (state === undefined || others.length > 0) throw noCheckpoint(`its archive should have one ${STATE}`);
  const folder = state.slice(0, -STATE.length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order).trim() !== "little")
    throw noCheckpoint("its numbers are not little-endian");
  return {
    root: readPickle(entries.get(state) ?? new Uint8Array(0)),
    bytesOf: ({ key }) => entries.get(`${folder}data/${key}`),
  };
};
