import { openWorker, type WorkerOptions } from "../../../worker.ts";
import type { Adapter, AdapterSettings } from "../index.ts";
import type { AdapterCalls } from "./adapter-worker.ts";
import type { AdapterContents, AdapterFile } from "./types.ts";

/** A real file takes less than a second; a crafted one may ask for hours. */
const LIMITS = { what: "Reading the file", seconds: 60, heapMiB: 256 } as const;
const MODULE = new URL("./adapter-worker.ts", import.meta.url);

/** Reads one file on a thread, so that the event loop is free meanwhile. */
export interface AdapterReader {
  /** @param bytes moved to the thread where they have a buffer of their own; empty afterwards */
  readonly read: (bytes: Uint8Array) => Promise<AdapterContents>;
  /** Joins settings and the tensors that were read to one file. @throws AnchorageError `unprocessable` */
  readonly write: (settings: AdapterSettings) => Promise<AdapterFile>;
  readonly close: () => Promise<void>;
}

/** @param signal ends the thread at once */
export const openAdapterReader = (signal: AbortSignal): AdapterReader => {
  const worker = open({ signal });
  return {
    read: (bytes) => worker.call("read", bytes, ownBuffer(bytes)),
    write: (settings) => worker.call("write", settings),
    close: worker.close,
  };
};

/**
 * Reads an adapter that this service wrote.
 *
 * @param bytes as {@link AdapterReader.read} takes them
 * @throws AnchorageError `corrupt-file`, or `unprocessable` where its parts do not fit
 */
export const readStoredAdapter = async (bytes: Uint8Array): Promise<Adapter> => {
  const worker = open({});
  try {
    return await worker.call("open", bytes, ownBuffer(bytes));
  } finally {
    await worker.close();
  }
};

const open = (options: WorkerOptions) =>
  openWorker<AdapterCalls>(MODULE, undefined, { ...options, limits: LIMITS });

/** Small buffers of Node share one, which must not move. */
const ownBuffer = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
