import { afterAll, describe, expect, it } from "vitest";
import { createTransferability } from "../../../../src/features/selection/emms/index.ts";
import { closeProducts } from "../../../../src/math/linear-algebra/index.ts";
import { classData } from "./class-data.ts";

afterAll(closeProducts);

const never = new AbortController().signal;
/** Enough for a thread; given away with each request. */
const large = () => {
  const { embeddings, classes } = classData(1_000, 100, 20, 3);
  return { embeddings, classes };
};
const small = classData(20, 3, 2);

describe("scores of one input", () => {
  it("come in the order they were asked for, each with its time", async () => {
    const transferability = createTransferability({ withinMs: 60_000 });
    const scores = await transferability(small, ["knn", "gbc"], {}, never);
    expect([...scores.keys()]).toEqual(["knn", "gbc"]);
    for (const { tookMs } of scores.values()) expect(tookMs).toBeGreaterThanOrEqual(0);
  });

  it("are refused where they take longer than is allowed, and the next one's are made", async () => {
    const transferability = createTransferability({ withinMs: 100 });
    await expect(transferability(large(), ["linear-probe"], {}, never)).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["methods"] }],
    });
    expect((await transferability(small, ["knn"], {}, never)).size).toBe(1);
  });

  it("end where the signal is aborted, at work or waiting", async () => {
    const transferability = createTransferability({ withinMs: 60_000 });
    const controller = new AbortController();
    const reason = new Error("nobody waits for it");
    const running = transferability(large(), ["linear-probe"], {}, controller.signal);
    const waiting = transferability(small, ["knn"], {}, controller.signal);
    const after = transferability(small, ["knn"], {}, never);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect((await after).size).toBe(1);
  });

  it("are refused where several inputs wait already", async () => {
    const transferability = createTransferability({ withinMs: 60_000 });
    const controller = new AbortController();
    const started = Array.from({ length: 5 }, () =>
      transferability(large(), ["knn"], {}, controller.signal).catch(() => "given up"),
    );
    await expect(transferability(small, ["knn"], {}, never)).rejects.toMatchObject({ code: "unavailable" });
    controller.abort();
    expect(await Promise.all(started)).toEqual(new Array(5).fill("given up"));
  });

  it("are refused where a method's input is missing, before anything is done", async () => {
    const transferability = createTransferability({ withinMs: 60_000 });
    const { embeddings } = small;
    await expect(
      transferability({ embeddings: embeddings }, ["knn", "leep"], {}, never),
    ).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["classes"] }, { path: ["sourceProbabilities"] }],
    });
  });
});
