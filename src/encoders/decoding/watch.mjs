// Ends its process when a job exceeds its limits. On a thread, because a job may keep the main thread busy.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const POLL_MS = 10;
const STDERR = 2;
const { cell, limits } = workerData;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const end = (reason) => {
  writeSync(STDERR, `\nexceeded:${reason}\n`);
  process.kill(process.pid, "SIGKILL");
};

for (let job = 0, began = 0; ;) {
  const running = Atomics.load(cell, 0);
  if (running === 0) {
    job = 0;
    Atomics.wait(cell, 0, 0);
    continue;
  }
  if (running !== job) {
    job = running;
    began = cpuMs();
  }
  if (process.memoryUsage.rss() > limits.memory) end("memory");
  if (cpuMs() - began > limits.cpuMs) end("time");
  Atomics.wait(cell, 0, job, POLL_MS);
}
