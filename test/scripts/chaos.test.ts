import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { anchorOf, createModel, rankAll } from "../../scripts/chaos/model.ts";

const holding = (...anchors: [string, number][]) =>
  new Map(anchors.map(([id, version]) => [id, anchorOf(id, version)]));

describe("the model of what must be held", () => {
  it("accepts either outcome of a write that was under way, and no other", () => {
    const model = createModel();
    model.sent(["a"], 1);
    expect(model.compare(holding())).toEqual([]);
    model.sent(["a"], 2);
    expect(model.compare(holding(["a", 2]))).toEqual([]);
    expect(model.compare(holding())).toEqual(["a is absent, and must be version 2"]);
  });

  it("misses what was acknowledged and is gone, and finds what was deleted and is back", () => {
    const model = createModel();
    model.acknowledged(["kept"], 7);
    model.acknowledged(["deleted"], null);
    expect(model.compare(holding(["deleted", 3]))).toEqual([
      "kept is absent, and must be version 7",
      "deleted is version 3, and must be absent",
    ]);
  });

  it("finds an anchor that nobody wrote, and one that was changed", () => {
    const model = createModel();
    model.acknowledged(["a"], 1);
    const changed = new Map([["a", { ...anchorOf("a", 1), text: "something else" }]]);
    expect(model.compare(changed)).toEqual(["a is not as version 1 was written"]);
    expect(createModel().compare(holding(["b", 1]))).toEqual(["b is there, but was never written"]);
  });

  it("ranks by cosine", () => {
    const held = holding(["a", 1], ["b", 2]);
    const [first] = rankAll(held, anchorOf("b", 2).imageVector ?? []);
    expect(first?.id).toBe("b");
    expect(first?.score).toBeCloseTo(1, 12);
  });
});

describe("npm run chaos", () => {
  it("finds nothing lost and nothing back after the service was killed twice amid writes", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", "scripts/chaos.ts", "--rounds", "2"]);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [status] = (await once(child, "close")) as [number];
    expect(output).toMatch(/^2 rounds, \d+ acknowledged writes, 0 faults \(seed 1\)\n$/);
    expect(status).toBe(0);
  });
});
