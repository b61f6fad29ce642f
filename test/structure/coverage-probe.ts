/**
 * Preloaded into a service (`node --import tsx --import ./test/structure/coverage-probe.ts src/main.ts`): answers each
 * message of its parent with the files of `src/` in which a function ran since the message before.
 */
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../../src/", import.meta.url));

const session = new Session();
session.connect();
await session.post("Profiler.enable");
// Call counts start anew with each take, so that a take sees what ran since the one before.
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });

const executedFiles = async (): Promise<string[]> => {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  return result
    .filter(({ url, functions }) => url.startsWith("file:") && functions.some(hasRun))
    .map(({ url }) => fileURLToPath(url))
    .filter((path) => path.startsWith(SOURCE))
    .map((path) => path.slice(SOURCE.length))
    .sort();
};

const hasRun = ({ ranges }: { ranges: { count: number }[] }): boolean =>
  ranges.some(({ count }) => count > 0);

process.on("message", () => {
  void executedFiles().then((files) => process.send?.(files));
});
process.channel?.unref();
