import { describe, expect, test } from "vitest";
import { AnchorageError } from "../src/errors.ts";
import { callInWorker, openWorker } from "../src/worker.ts";
import type { SampleCalls } from "./support/sample-worker.ts";

const MODULE = new URL("./support/sample-worker.ts", import.meta.url);

describe("a module on a thread of its own", () => {
  test("answers calls in their order, with its data", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 10 });
    const answers = [3, 2, 1].map((value) => worker.call("addSlowly", value));
    expect(await Promise.all(answers)).toEqual([
      { sum: 13, call: 1 },
      { sum: 12, call: 2 },
      { sum: 11, call: 3 },
    ]);
    await worker.close();
  });

  test("moves buffers both ways", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 1 });
    const given = Float64Array.of(1, 2);
    const shifted = await worker.call("shift", given, [given.buffer]);
    expect(given.length).toBe(0);
    expect([...shifted]).toEqual([2, 3]);
    await expect(worker.call("lengthOfLast", undefined)).resolves.toBe(0);
    await worker.close();
  });

  test("throws what the module throws, with code and faults, and answers the next call", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 0 });
    const refused = await worker.call("refuse", "domain").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AnchorageError);
    expect(refused).toMatchObject({
      code: "unprocessable",
      message: "not so",
      faults: [{ path: ["a", "b"], message: "wrong" }],
    });
    await expect(worker.call("refuse", "other")).rejects.toThrow(new Error("plainly wrong"));
    expect(await worker.call("addSlowly", 1)).toMatchObject({ sum: 1 });
    await worker.close();
  });

  test("rejects every call where it cannot be opened", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: Number.NaN });
    await expect(worker.call("addSlowly", 1)).rejects.toThrow(/the offset must be a number/);
    await expect(worker.call("addSlowly", 2)).rejects.toThrow(/the offset must be a number/);
    await worker.close();
  });

  test("rejects waiting calls where the thread ends, and those after", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 0 });
    await expect(worker.call("exit", 3)).rejects.toThrow(/the worker thread has ended/);
    await expect(worker.call("addSlowly", 1)).rejects.toThrow(/the worker thread has ended/);
    await worker.close();
  });

  test("rejects with an error that the module does not catch", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 0 });
    await expect(worker.call("crash", "out of luck")).rejects.toThrow(/out of luck/);
    await worker.close();
  });

  test("sends notices while a call runs", async () => {
    const notices: unknown[] = [];
    const worker = openWorker<SampleCalls>(
      MODULE,
      { offset: 0 },
      { onNotice: (notice) => notices.push(notice) },
    );
    await worker.call("count", 3);
    expect(notices).toEqual([1, 2, 3]);
    await worker.close();
  });

  test("rejects with the signal's reason at once, and tells the module to stop", async () => {
    const controller = new AbortController();
    const worker = openWorker<SampleCalls>(MODULE, { offset: 0 }, { signal: controller.signal });
    await worker.call("addSlowly", 0);
    const endless = worker.call("untilStopped", undefined);
    const next = worker.call("addSlowly", 1);
    controller.abort(new Error("enough"));
    await expect(endless).rejects.toThrow(/enough/);
    await expect(next).rejects.toThrow(/enough/);
    await expect(worker.call("addSlowly", 1)).rejects.toThrow(/enough/);
    await worker.close();
  });

  test("ends by itself where its signal was aborted before", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 0 }, { signal: AbortSignal.abort("before") });
    await expect(worker.call("addSlowly", 1)).rejects.toBe("before");
    await worker.close();
  });

  test("closes after the calls that it was given, and may be closed twice", async () => {
    const worker = openWorker<SampleCalls>(MODULE, { offset: 5 });
    const answer = worker.call("addSlowly", 1);
    await Promise.all([worker.close(), worker.close()]);
    expect(await answer).toMatchObject({ sum: 6 });
  });

  test("is called once and closed", async () => {
    expect(await callInWorker<SampleCalls, "lengthOfLast">(MODULE, "lengthOfLast", undefined)).toBe(0);
    await expect(callInWorker<SampleCalls, "refuse">(MODULE, "refuse", "other")).rejects.toThrow(
      "plainly wrong",
    );
  });

  describe("with limits", () => {
    const limits = { what: "Spinning", seconds: 600, heapMiB: 64 };

    test("is terminated where a call takes longer", async () => {
      const worker = openWorker<SampleCalls>(MODULE, { offset: 0 }, { limits: { ...limits, seconds: 1 } });
      await expect(worker.call("spin", undefined)).rejects.toMatchObject({
        code: "unprocessable",
        message: "Spinning takes longer than 1 s.",
      });
      await worker.close();
    });

    test("is terminated where its values take more memory, and the process goes on", async () => {
      const worker = openWorker<SampleCalls>(MODULE, { offset: 0 }, { limits });
      await expect(worker.call("hoard", undefined)).rejects.toMatchObject({
        code: "unprocessable",
        message: "Spinning takes more than 64 MiB of memory.",
      });
      await worker.close();
    });

    test("is terminated in the midst of a call when its signal is aborted", async () => {
      const controller = new AbortController();
      const onNotice = (): void => controller.abort(new Error("gone"));
      const { signal } = controller;
      const worker = openWorker<SampleCalls>(MODULE, { offset: 0 }, { limits, signal, onNotice });
      await expect(worker.call("spin", undefined)).rejects.toThrow("gone");
      await worker.close();
    });
  });
});
