// A decoder process: answers the frames of its standard input. Plain JavaScript, because Node starts it without a loader.
import { writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const [module, limits] = process.argv.slice(2);

/** The watch ends the process when `cell[0]` (the number of the running job, 0 for none) stays for too long. */
const cell = new Int32Array(new SharedArrayBuffer(4));
const watch = new Worker(new URL("./watch.mjs", import.meta.url), {
  workerData: { cell, limits: JSON.parse(limits) },
  // Its code is small; what it reserves counts towards the process's limit.
  resourceLimits: { codeRangeSizeMb: 16 },
});
watch.unref();

// A terminal interrupts the whole group; the service decides when its decoders end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
try {
  // When the machine runs out of memory, the kernel should end this process and not the service.
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // Not Linux, or not allowed.
}

const load = async () => {
  if (!module.endsWith(".ts")) return import(module);
  const { tsImport } = await import("tsx/esm/api");
  return tsImport(module, import.meta.url);
};

const { answerFrames } = await load();
let jobs = 0;
answerFrames(JSON.parse(limits), {
  begin: () => {
    Atomics.store(cell, 0, ++jobs);
    Atomics.notify(cell, 0);
  },
  end: () => Atomics.store(cell, 0, 0),
});
