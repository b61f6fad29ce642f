import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { chainFaults, type Given } from "../../../research/chaos/chain.ts";
import type { Fault } from "../../../research/chaos/fault.ts";
import { FAULTS } from "../../../research/chaos/faults.ts";
import { anchorOf, createModel, rankAll } from "../../../research/chaos/model.ts";
import { runChaos } from "../../../research/chaos/run.ts";
import { tableOf } from "../../../research/chaos/table.ts";
import { createClient } from "../../../src/features/client.ts";
import { createRandom, type Random } from "../../../src/math/random.ts";
import { anchorOf as anchorIn, createCollection, listen, openTestApp } from "../../http/support.ts";
import { numbersOf } from "../../../src/store/float32.ts";

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
    const [first] = rankAll(held, numbersOf(anchorOf("b", 2).imageVector ?? []));
    expect(first?.id).toBe("b");
    expect(first?.score).toBeCloseTo(1, 12);
  });
});

describe("the check of the receipts", () => {
  it("takes a service's chain as it is, and finds what is missing, changed or not erased", async () => {
    const test = await openTestApp();
    onTestFinished(() => test.close());
    await createCollection(test, "c");
    const birds = createClient({ url: (await listen(test)).url }).collection("c");
    const given: Given[] = [];
    for (const id of ["a", "b", "c"]) {
      await birds.putAnchors([anchorIn(id)]);
      const { receipt, sequence } = await birds.deleteAnchor(id);
      given.push({ id: receipt.id ?? "", hash: receipt.hash ?? "", count: 1, sequence });
    }
    const { sequence: erasedTo } = await birds.compact();
    const chain = [];
    for await (const receipt of birds.listReceipts()) chain.push(receipt);
    expect(chainFaults("c", chain, given, erasedTo)).toEqual([]);

    expect(chainFaults("another", chain, given, erasedTo)).toContain("receipt 1 is not what it hashes");
    expect(chainFaults("c", chain.toSpliced(1, 1), given, erasedTo)).toEqual([
      "receipt 3 stands where number 2 must",
      "receipt 3 does not follow the one before",
      "receipt 4 stands where number 3 must",
      `receipt ${given[1]?.id ?? ""} was given, and is not listed`,
    ]);
    const hidden = chain.map((link) =>
      link.kind === "deletion" ? { ...link, state: "hidden" as const } : link,
    );
    expect(chainFaults("c", hidden, [], given[1]?.sequence ?? 0)).toEqual([
      "receipt 1 is hidden, and was erased",
      "receipt 2 is hidden, and was erased",
    ]);
    const others = given.map((receipt) => ({ ...receipt, count: 2 }));
    expect(chainFaults("c", chain, others, 0)).toHaveLength(3);
  });
});

const made = (name: string, share: number, round: (random: Random) => readonly string[]): Fault => ({
  name,
  share,
  prepare: () => Promise.resolve({ round: (random) => Promise.resolve(round(random)) }),
});

const run = (faults: readonly Fault[], rounds: number) => {
  const reported: [string, number, readonly string[]][] = [];
  return runChaos(faults, {
    seed: 5,
    makeDataDir: () => Promise.reject(new Error("no service is needed")),
    isOver: (done) => done === rounds,
    isStopped: () => false,
    onFault: ({ name }, seed, found) => reported.push([name, seed, found]),
  }).then((tallies) => ({ tallies, reported }));
};

describe("a run of rounds", () => {
  it("gives faults their shares, and the rounds of each the seeds from the first on", async () => {
    const drawn: number[] = [];
    const often = made("often", 3, (random) => {
      drawn.push(random.next());
      return [];
    });
    const { tallies } = await run([made("seldom", 1, () => []), often], 8);
    expect(tallies.map(({ rounds, faulty }) => [rounds, faulty])).toEqual([
      [2, 0],
      [6, 0],
    ]);
    expect(drawn).toEqual([5, 6, 7, 8, 9, 10].map((seed) => createRandom(seed).next()));
  });

  it("reports the seed of a round that finds something or throws, and goes on", async () => {
    let rounds = 0;
    const broken = made("broken", 1, () => {
      rounds++;
      if (rounds === 2) throw new Error("it broke");
      return rounds === 3 ? ["it was wrong"] : [];
    });
    const { tallies, reported } = await run([broken], 4);
    expect(tallies[0]).toMatchObject({ rounds: 4, faulty: 2 });
    expect(reported).toEqual([
      ["broken", 6, [expect.stringContaining("it broke")]],
      ["broken", 7, ["it was wrong"]],
    ]);
  });

  it("says why a fault is not tried here", async () => {
    const elsewhere = { ...made("elsewhere", 1, () => []), notHere: () => "this is no ship" };
    const { tallies } = await run([elsewhere, made("here", 1, () => [])], 2);
    expect(tableOf(tallies).slice(2)).toEqual([
      expect.stringMatching(/^\| elsewhere +\| not run here, because this is no ship \|/),
      expect.stringMatching(/^\| here +\| 2 +\| 0 +\|/),
    ]);
  });

  it("is given each fault once", () => {
    const names = FAULTS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe("npm run chaos", () => {
  it("finds nothing lost and nothing back after the service was killed twice amid writes", async () => {
    const options = ["--rounds", "2", "--only", "kill"];
    const child = spawn(process.execPath, ["--import", "tsx", "research/chaos/main.ts", ...options]);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [status] = (await once(child, "close")) as [number];
    expect(output).toMatch(/^\| kill +\| 2 +\| 0 +\| \d+ ms/m);
    expect(output).toMatch(/^kill: .*; acknowledged: \d+ writes, .*; starts: \d/m);
    expect(output).toMatch(/^2 rounds, 0 of them with faults \(seed 1\)$/m);
    expect(status).toBe(0);
  }, 180_000);
});
