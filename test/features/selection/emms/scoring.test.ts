import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { emms } from "../../../../src/features/selection/emms/emms.ts";
import { openScoring } from "../../../../src/features/selection/emms/index.ts";
import { closeProducts } from "../../../../src/math/linear-algebra/index.ts";
import { createTask } from "../../../support/emms-data.ts";

afterAll(closeProducts);

const LARGE = { n: 400, d: 120, d2: 8 };

describe("scoring", () => {
  test("on a thread of its own gives what it gives in place", async () => {
    const { embeddings, fLabels, classes } = createTask(LARGE);
    const threaded = openScoring(structuredClone({ embeddings, fLabels, classes }));
    const made = [await threaded.score("emms", {}), await threaded.score("hscore", {})];
    await threaded.close();
    expect(made[0]).toMatchObject(await emms.score({ embeddings: embeddings, fLabels }, {}));
    expect(made[1]?.tookMs).toBeGreaterThan(0);
  });

  test("throws what a method throws, by its code and its fields, and goes on", async () => {
    const { embeddings, classes } = createTask(LARGE);
    const scoring = openScoring({ embeddings: embeddings, classes });
    await expect(scoring.score("emms", {})).rejects.toMatchObject({
      code: "unprocessable",
      faults: [{ path: ["fLabels"] }],
    });
    expect((await scoring.score("hscore", {})).score).toBeGreaterThan(0);
    await scoring.close();
  });

  test("ends where its signal is aborted, before or in the middle, and can be closed after", async () => {
    for (const wait of [0, 1, 200]) {
      const { embeddings, fLabels } = createTask({ n: 1_500, d: 1_200, d2: 300 });
      const controller = new AbortController();
      const scoring = openScoring({ embeddings: embeddings, fLabels }, controller.signal);
      const running = scoring.score("emms", {});
      const reason = new Error("nobody waits for it");
      const aborting = sleep(wait).then(() => controller.abort(reason));
      await expect(running).rejects.toBe(reason);
      await aborting;
      await expect(scoring.score("emms", {})).rejects.toBe(reason);
      await scoring.close();
    }
  });

  test("of little is done in place, and not once its signal is aborted", async () => {
    const { embeddings, fLabels, classes } = createTask({ n: 20, d: 4 });
    const scoring = openScoring(
      { embeddings: embeddings, fLabels, classes },
      AbortSignal.abort(new Error("gone")),
    );
    await expect(scoring.score("hscore", {})).rejects.toThrow("gone");
    expect(embeddings.data).toHaveLength(80);
    await scoring.close();
  });

  test("does not take what is shared", async () => {
    const { embeddings, classes } = createTask(LARGE);
    const shared = new Float32Array(new SharedArrayBuffer(embeddings.data.byteLength));
    shared.set(embeddings.data);
    const input = { embeddings: { ...embeddings, data: shared }, classes };
    const scores: number[] = [];
    for (let i = 0; i < 2; i++) {
      const scoring = openScoring({ ...input, classes: classes.slice() });
      scores.push((await scoring.score("hscore", {})).score);
      await scoring.close();
    }
    expect(scores[0]).toBe(scores[1]);
  });
});
