import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createClient } from "../../../src/features/client.ts";
import { anchorsOf, writeEncoders } from "./support.ts";
import { makeDataDir, startService, type Running } from "../../service/running.ts";

const WITHIN = { timeout: 30_000, interval: 10 };

const start = async (path: string): Promise<Running> => {
  const service = await startService(path);
  onTestFinished(async () => {
    if (service.child.exitCode === null && service.child.signalCode === null) await service.end("SIGKILL");
  });
  return service;
};

describe("a service that is killed while a collection moves to another encoder", () => {
  it("goes on with the move when it starts again, and loses nothing", async () => {
    const dataDir = await makeDataDir();
    onTestFinished(() => dataDir.remove());
    await writeEncoders(join(dataDir.path, "encoders"));
    const first = await start(dataDir.path);
    const before = createClient({ url: first.url });
    await before.createCollection({ name: "c", imageEncoder: "colour-a", textEncoder: "words-a" });
    const anchors = await anchorsOf(600);
    await before.collection("c").putAnchors(anchors.slice(0, 300));
    await before.collection("c").putAnchors(anchors.slice(300));
    const { id } = await before
      .collection("c")
      .reencode({ imageEncoder: "colour-b", textEncoder: "words-b" });
    await vi.waitFor(async () => expect((await before.getJob(id)).done).toBeGreaterThan(0), WITHIN);
    await before.collection("c").putAnchors([{ ...anchors[0], id: "late" }]);
    await first.end("SIGKILL");

    const second = await start(dataDir.path);
    const after = createClient({ url: second.url });
    const c = after.collection("c");
    expect((await c.get()).anchorCount).toBe(601);
    await vi.waitFor(async () => expect(await c.getReencoding()).toMatchObject({ state: "done" }), WITHIN);
    expect(await c.get()).toMatchObject({
      imageEncoder: "colour-b",
      textEncoder: "words-b",
      anchorCount: 601,
    });
    const late = await c.getAnchor("late", { vectors: true });
    expect(late.textVector).toHaveLength(4);
    const { hits } = await c.search({ query: { text: "red fox" }, target: "image", limit: 3 });
    expect(hits).toHaveLength(3);
    expect(second.output()).toMatch(/collection c: going on with its move to other encoders/);
  });
});
