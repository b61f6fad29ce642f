// The thread's side of worker.ts. Plain JavaScript, because a thread starts without the loader that reads TypeScript.
import { parentPort, workerData } from "node:worker_threads";

const { module, data } = workerData;
const stop = new AbortController();
const moved = new WeakMap();

const context = {
  signal: stop.signal,
  notify: (notice) => parentPort.postMessage({ notice }),
  move: (value, buffers) => {
    moved.set(value, buffers);
    return value;
  },
};

const load = async () => {
  if (!module.endsWith(".ts")) return import(module);
  const { tsImport } = await import("tsx/esm/api");
  return tsImport(module, import.meta.url);
};

const opened = load().then(({ open }) => open(data, context));
// Each call is answered with the error.
opened.catch(() => undefined);

const failure = (error) =>
  error instanceof Error
    ? { message: error.message, code: error.code, faults: error.faults }
    : { message: String(error) };

const answer = async ({ call, argument }) => {
  try {
    const calls = await opened;
    const value = await calls[call](argument);
    const isObject = typeof value === "object" && value !== null;
    parentPort.postMessage({ value }, isObject ? (moved.get(value) ?? []) : []);
  } catch (error) {
    parentPort.postMessage({ failed: failure(error) });
  }
};

const end = async () => {
  const calls = await opened.catch(() => undefined);
  await calls?.close?.();
  parentPort.close();
};

let last = Promise.resolve();
parentPort.on("message", (message) => {
  if (message === "close") stop.abort();
  last = last.then(() => (message === "close" ? end() : answer(message)));
});
