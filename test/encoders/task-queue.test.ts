import { describe, expect, it } from "vitest";
import { createTaskQueue } from "../../src/encoders/task-queue.ts";

/** Asks for the named pieces of work at once, and tells in which order they ran. */
const orderOf = async (asked: readonly string[]): Promise<string[]> => {
  const turns = createTaskQueue();
  const ran: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    ran.push(name);
    await new Promise(setImmediate);
  };
  await Promise.all(
    asked.map((name) => turns.take(name.startsWith("small") ? "small" : "large", work(name))),
  );
  return ran;
};

describe("turns", () => {
  it("let small work pass large work that waits, but not for ever", async () => {
    expect(await orderOf(["large1", "large2", "large3", "small1", "small2", "small3"])).toEqual([
      "large1",
      "small1",
      "large2",
      "small2",
      "large3",
      "small3",
    ]);
  });

  it("keep the order of work of one size", async () => {
    expect(await orderOf(["small1", "small2", "small3"])).toEqual(["small1", "small2", "small3"]);
    expect(await orderOf(["large1", "large2"])).toEqual(["large1", "large2"]);
  });

  it("run one piece at a time", async () => {
    const turns = createTaskQueue();
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    };
    await Promise.all([1, 2, 3, 4].map((i) => turns.take(i % 2 === 0 ? "small" : "large", work)));
    expect(most).toBe(1);
  });

  it("go on after work that fails, and tell its failure to who asked", async () => {
    const turns = createTaskQueue();
    const failed = turns.take("large", () => Promise.reject(new Error("no")));
    const after = turns.take("large", () => Promise.resolve("yes"));
    await expect(failed).rejects.toThrow("no");
    expect(await after).toBe("yes");
  });
});
