// Preloaded into the service by `bench:pauses`: tells for how long the event loop was held, and by which functions.
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

const TICK_MS = 2;
const SAMPLE_US = 500;
const SHOWN = 8;
/** Nanoseconds that the main thread ran and that it waited for a processor; Linux alone has it. */
const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`;

const waited = () => {
  try {
    return Number(readFileSync(SCHEDULE, "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
};
const now = () => Number(process.hrtime.bigint()) / 1e6;

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });

let last = { at: now(), waited: waited() };
let longest = { ms: 0, from: 0, to: 0 };
const tick = () => {
  const at = { at: now(), waited: waited() };
  // Time in which other processes had the processor is theirs.
  const ms = at.at - last.at - (at.waited - last.waited) - TICK_MS;
  if (ms > longest.ms) longest = { ms, from: last.at, to: at.at };
  last = at;
};
setInterval(tick, TICK_MS).unref();

/** The functions that ran longest while the loop was held, with those that they called. */
const holders = ({ nodes, samples, timeDeltas, startTime }) => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const times = new Map();
  let at = startTime / 1e3;
  samples.forEach((id, i) => {
    at += timeDeltas[i] / 1e3;
    if (at < longest.from || at > longest.to) return;
    const seen = new Set();
    for (let node = id; node !== undefined; node = parents.get(node)) {
      const { functionName, url, lineNumber } = byId.get(node).callFrame;
      const place = url.replace(/^.*?(?=src\/|node_modules\/|node:)/, "").replace(/\?.*$/, "");
      const name = `${functionName || "(anonymous)"} ${place}:${lineNumber + 1}`;
      if (functionName === "(root)" || seen.has(name)) continue;
      seen.add(name);
      times.set(name, (times.get(name) ?? 0) + timeDeltas[i] / 1e3);
    }
  });
  const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  return sorted.map(([name, ms]) => `${Math.round(ms)} ms ${name}`);
};

process.on("message", async (message) => {
  if (message === "begin") {
    await session.post("Profiler.start");
    last = { at: now(), waited: waited() };
    longest = { ms: 0, from: 0, to: 0 };
    process.send("begun");
  } else if (message === "end") {
    tick();
    const { profile } = await session.post("Profiler.stop");
    process.send({ ms: longest.ms, holders: holders(profile) });
  }
});
process.channel?.unref();
