import type { WorkerContext } from "../../../worker.ts";
import { isCheckpoint, readCheckpoint } from "../../files/pth/index.ts";
import {
  createAdapter,
  readAdapter,
  writeAdapter,
  type Adapter,
  type AdapterSettings,
  type NamedTensor,
} from "../adapter/index.ts";
import { readSafetensors } from "../../files/safetensors/index.ts";
import type { AdapterContents, AdapterFile } from "./types.ts";

/** An adapter has a few dozen tensors. */
const LONGEST_HEADER = 2 ** 22;

/** What the thread that reads adapters answers. */
export interface AdapterCalls {
  /** Reads a file, whose tensors stay in the thread. @throws AnchorageError `corrupt-file` or `unprocessable` */
  readonly read: (bytes: Uint8Array) => AdapterContents;
  /** Writes the tensors that were read, with settings, as one file. @throws AnchorageError `unprocessable` */
  readonly write: (settings: AdapterSettings) => AdapterFile;
  /** Reads a file that `write` made. @throws AnchorageError `corrupt-file` or `unprocessable` */
  readonly open: (bytes: Uint8Array) => Adapter;
}

export const open = (_: undefined, { move }: WorkerContext): AdapterCalls => {
  let tensors: ReadonlyMap<string, NamedTensor> = new Map();
  return {
    read: (bytes) => {
      const { settings, tensors: found } = contentsOf(bytes);
      tensors = found;
      return { settings, shapes: new Map([...found].map(([name, { shape }]) => [name, shape])) };
    },
    write: (settings) => {
      const adapter = createAdapter(settings, tensors);
      const content = writeAdapter(adapter);
      return move({ settings: adapter.settings, sha256: adapter.sha256, content }, buffersOf([content]));
    },
    open: (bytes) => {
      const adapter = readAdapter(bytes);
      return move(adapter, buffersOf([...adapter.tensors.values()].map(({ data }) => data)));
    },
  };
};

const contentsOf = (bytes: Uint8Array): { settings: AdapterSettings | null; tensors: Adapter["tensors"] } => {
  if (isCheckpoint(bytes)) return { settings: null, tensors: readCheckpoint(bytes) };
  const { tensors, metadata } = readSafetensors(bytes, LONGEST_HEADER);
  return metadata.settings === undefined ? { settings: null, tensors } : readAdapter(bytes);
};

const buffersOf = (arrays: readonly (Uint8Array | Float32Array)[]): ArrayBuffer[] =>
  arrays.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
