import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { NAME, type Side, type World } from "./world.ts";

/** That no file of the process holds a caption that was deleted or replaced up to `sequence`. */
export const expectForgotten = async (
  { naive }: World,
  { running }: Side,
  sequence: number,
): Promise<void> => {
  const gone = naive.goneCaptions(sequence);
  const names = await readdir(running.directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of names) {
    if (!entry.isFile()) continue;
    // One that another snapshot has taken the place of meanwhile is gone.
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.of());
    expect(
      gone.filter((caption) => bytes.includes(caption)),
      `captions in ${entry.name}`,
    ).toEqual([]);
  }
};

/** That a process which was stopped in order, or killed after it had written a snapshot, starts from that. */
export const expectFromSnapshot = async ({ running }: Side): Promise<void> => {
  await running.collections.get(NAME);
  expect(running.lines.join("\n")).toContain("loaded from a snapshot");
};
