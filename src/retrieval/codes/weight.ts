/** Bytes below which a growth is not told to the garbage collector on its own. */
const STEP = 4 * 1024 * 1024;

/**
 * Tells the garbage collector what an object weighs whose memory is WebAssembly's, which it does not count: buffers of the
 * same size that nothing writes to, so that they take no memory of the machine. Without them gigabytes of a dropped index
 * stay until something else fills the heap.
 *
 * @returns a function that takes the present size in bytes; the object must hold it as long as it holds the memory
 */
export const createWeight = (): ((bytes: number) => void) => {
  const buffers: ArrayBuffer[] = [];
  let told = 0;
  return (bytes) => {
    if (bytes - told < STEP) return;
    buffers.push(new ArrayBuffer(bytes - told));
    told = bytes;
  };
};
