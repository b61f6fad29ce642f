import { describe, expect, it } from "vitest";
import { createSlices } from "../../src/math/slices.ts";

describe("slices of long computations", () => {
  it("take turns, one between two turns of the event loop, so that a request waits for one alone", async () => {
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const turns: [number, number][] = [];
    const compute = async (name: number): Promise<void> => {
      const slices = createSlices();
      for (let slice = 0; slice < 4; slice++) {
        await slices.rest();
        turns.push([name, turn]);
        while (!slices.due());
      }
    };
    await Promise.all([0, 1, 2].map(compute));
    isOver = true;
    expect(turns.map(([name]) => name)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(new Set(turns.map(([, at]) => at)).size).toBe(turns.length);
  });

  it("are not begun by a computation while others wait for theirs", async () => {
    const first = createSlices();
    const resting = first.rest();
    expect(createSlices().due()).toBe(true);
    await resting;
    expect(createSlices().due()).toBe(false);
  });

  it("share their first where they begin in one turn of the event loop", async () => {
    await new Promise(setImmediate);
    const first = createSlices();
    while (!first.due());
    expect(createSlices().due()).toBe(true);
    await new Promise(setImmediate);
    expect(createSlices().due()).toBe(false);
  });
});
