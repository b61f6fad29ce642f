import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../../src/math/random.ts";
import { snapshotFiles, type Service } from "./service.ts";
import type { Work } from "./work.ts";

/** How a round ends. */
export type End = "service killed" | "both killed" | "Postgres killed" | "stopped" | "stopped and killed";

/** Of a hundred. */
const SHARES: Readonly<Record<End, number>> = {
  "service killed": 30,
  "both killed": 30,
  "Postgres killed": 10,
  stopped: 10,
  "stopped and killed": 20,
};
const LONGEST_ROUND_MS = 900;
/** What a stop takes; most of it is PostgreSQL's own. */
const LONGEST_STOP_MS = 400;
/** Of the rounds that end by SIGKILL: it comes when a snapshot is being written. */
const KILLS_AT_SNAPSHOTS = 0.4;
const LONGEST_SNAPSHOT_MS = 12;

export const chooseEnd = (random: Random): End => {
  let left = random.integer(100);
  for (const [end, share] of Object.entries(SHARES)) if ((left -= share) < 0) return end as End;
  return "service killed";
};

/**
 * Ends a round at a random moment, and the work of it.
 *
 * @returns whether the service goes on, and what was wrong with how it ended
 */
export const endRound = async (
  end: End,
  service: Service,
  work: Work,
  dataDir: string,
  random: Random,
): Promise<{ readonly goesOn: boolean; readonly faults: string[] }> => {
  const [longest, atSnapshot] = [random.integer(LONGEST_ROUND_MS), random.next() < KILLS_AT_SNAPSHOTS];
  if (end.startsWith("stopped") || !atSnapshot) await pause(longest);
  else await snapshotBegins(dataDir, random);
  if (end === "Postgres killed") {
    const before = service.output().split("ended by itself").length - 1;
    await service.killPostgres();
    await service.recovered(before + 1);
    await work.stop();
    // What was under way when Postgres went may be in it and not in memory; a write brings the two together.
    await work.writeOnce();
    return { goesOn: true, faults: [] };
  }
  work.expectEnd();
  if (end.startsWith("stopped")) service.signal("SIGTERM");
  if (end === "stopped and killed") {
    if (atSnapshot) await snapshotBegins(dataDir, random);
    else await pause(random.integer(LONGEST_STOP_MS));
  }
  if (end !== "stopped") service.signal("SIGKILL");
  if (end === "both killed") await service.killPostgres();
  const status = await service.gone();
  await work.stop();
  const faults =
    end === "stopped" && status !== 0
      ? [`the service was told to stop and ended with ${status}: ${service.output()}`]
      : [];
  return { goesOn: false, faults };
};

/** A moment of the next write of a snapshot, where one begins in time. */
const snapshotBegins = async (dataDir: string, random: Random): Promise<void> => {
  const until = performance.now() + 2 * LONGEST_ROUND_MS;
  while (performance.now() < until && (await snapshotFiles(dataDir)).partial.length === 0) await pause(1);
  await pause(random.integer(LONGEST_SNAPSHOT_MS));
};
