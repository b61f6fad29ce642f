import fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  replay,
  runConsensus,
  type Generator,
  type ConsensusPlan,
  type ConsensusRun,
} from "../../../src/features/consensus/index.ts";
import { listOf, planOf, scorerOf, text, textOf } from "../../support/consensus-plan.ts";

const signal = new AbortController().signal;
const run = (plan: ConsensusPlan): Promise<ConsensusRun> => runConsensus(plan, { signal });

const TARGET = "consensus";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

const lettersOf = (word: string): string[] => Array.from(word);

/** Letters in place, and letters there at all: neither tells everything. */
const inPlace = scorerOf(
  "in place",
  (word) => lettersOf(word).filter((letter, i) => letter === TARGET[i]).length,
);
const atAll = scorerOf(
  "at all",
  (word) => new Set(lettersOf(word).filter((letter) => TARGET.includes(letter))).size,
);

/** Changes a letter of a survivor; starts with a word of one letter. */
const mutate: Generator = {
  name: "mutate",
  propose: ({ survivors }, count, random) =>
    Promise.resolve(
      Array.from({ length: count }, () => {
        const from = survivors[random.integer(Math.max(1, survivors.length))];
        const letters = lettersOf(from === undefined ? "aaaaaaaaa" : textOf(from.proposal));
        letters[random.integer(letters.length)] = LETTERS[random.integer(26)] ?? "";
        return {
          payload: text(letters.join("")),
          ...(from === undefined ? {} : { parents: [from.proposal.id] }),
        };
      }),
    ),
};

const search = (more: Partial<ConsensusPlan> = {}): ConsensusPlan =>
  planOf({ generators: [mutate], scorers: [inPlace, atAll], rounds: 60, patience: 60, ...more });

describe("the loop", () => {
  test("finds by feedback what one round of as many proposals does not", async () => {
    const many = await run(search());
    expect(textOf(many.winner?.proposal ?? { payload: text("") })).toBe(TARGET);
    const once = await run(search({ rounds: 1, proposals: 3_000 }));
    expect(textOf(once.winner?.proposal ?? { payload: text("") })).not.toBe(TARGET);
  });

  test("gives the same run for the same seed, and another for another", async () => {
    const withoutTimes = (done: ConsensusRun): ConsensusRun => ({
      ...done,
      tookMs: 0,
      costs: done.costs.map((cost) => ({ ...cost, ms: 0 })),
    });
    const [first, again, other] = [
      await run(search({ rounds: 5 })),
      await run(search({ rounds: 5 })),
      await run(search({ rounds: 5, seed: 2 })),
    ];
    expect(withoutTimes(again)).toEqual(withoutTimes(first));
    expect(other.rounds[1]?.proposed).not.toEqual(first.rounds[1]?.proposed);
  });

  test("never does worse by its own measure in a later round", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_000 }), async (seed) => {
        const { rounds } = await run(search({ seed, rounds: 8 }));
        for (const { improvement } of rounds.slice(1)) expect(improvement).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 20 },
    );
  });

  test("can be replayed from its trace without asking a scorer", async () => {
    const plan = search({ rounds: 6, scorers: [inPlace, { ...atAll, calibration: { kind: "rank" } }] });
    const done = await run(plan);
    const found = replay(JSON.parse(JSON.stringify(done)) as ConsensusRun, {
      calibrations: plan.scorers.map(({ calibration }) => calibration),
      aggregation: plan.aggregation,
    });
    expect(found).toBe(done.winner?.proposal.id);
  });

  test("takes equal proposals for one, and counts them", async () => {
    const { ranking } = await run(
      planOf({ generators: [listOf("a", "b", "a"), listOf("a")], scorers: [scorerOf("length", () => 1)] }),
    );
    expect(ranking.map(({ proposal, multiplicity }) => [textOf(proposal), multiplicity])).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
  });

  test("asks a scorer once about a proposal", async () => {
    const judge = vi.fn(() => 1);
    await run(search({ rounds: 5, scorers: [scorerOf("counted", judge), inPlace] }));
    const asked = judge.mock.calls.map(([word]: unknown[]) => word);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test("asks a scorer that judges the pool about all of it in every round, and can be replayed then, too", async () => {
    const sizes: number[] = [];
    const voted = scorerOf("voted", () => 0, {
      judgesPool: true,
      score: (proposals, _signal, multiplicities = []) => {
        sizes.push(proposals.length);
        return Promise.resolve({ scores: Float64Array.from(multiplicities) });
      },
    });
    const turns = [
      ["a", "b"],
      ["c", "b"],
      ["b", "c", "c", "c"],
    ];
    const plan = planOf({
      generators: [
        {
          name: "turns",
          propose: ({ round }) =>
            Promise.resolve((turns[round - 1] ?? []).map((each) => ({ payload: text(each) }))),
        },
      ],
      scorers: [voted],
      patience: 9,
    });
    const done = await run(plan);
    expect(sizes).toEqual([2, 3, 3]);
    expect(done.ranking.map(({ proposal }) => textOf(proposal))).toEqual(["c", "b", "a"]);
    expect(done.costs[0]).toMatchObject({ asked: 3, proposals: 3 });
    const how = { calibrations: [voted.calibration], aggregation: plan.aggregation };
    expect(replay(done, how)).toBe(done.winner?.proposal.id);
  });

  test("tells of each round as soon as it is over", async () => {
    const told: number[] = [];
    const done = await runConsensus(search({ rounds: 3 }), {
      signal,
      onRound: ({ round }) => told.push(round),
    });
    expect(told).toEqual([1, 2, 3]);
    expect(done.rounds).toHaveLength(3);
  });

  test("lets the better of the worst cases win a tie, then the earlier", async () => {
    const even = { calibration: { kind: "none" } } as const;
    const plan = planOf({
      generators: [listOf("x", "y", "z")],
      scorers: [
        scorerOf("one", (word) => ({ x: 4, y: 2, z: 2 })[word] ?? 0, even),
        scorerOf("two", (word) => ({ x: 0, y: 2, z: 2 })[word] ?? 0, even),
      ],
    });
    const { ranking } = await run(plan);
    expect(ranking.map(({ proposal }) => textOf(proposal))).toEqual(["y", "z", "x"]);
  });

  test("tells what each scorer would have chosen alone", async () => {
    const { alone, winner } = await run(
      planOf({
        generators: [listOf("aaaaa", "zz", "tttt", "bb")],
        scorers: [scorerOf("long", (word) => word.length), scorerOf("late", (word) => word.charCodeAt(0))],
      }),
    );
    expect(alone.map(({ proposal }) => textOf(proposal ?? { payload: text("") }))).toEqual(["aaaaa", "zz"]);
    expect(textOf(winner?.proposal ?? { payload: text("") })).toBe("tttt");
  });
});

describe("survivors that are drawn", () => {
  test("are not what no scorer can judge while there is anything else", async () => {
    const words = Array.from({ length: 20 }, (_, i) => "ab".charAt(i % 2).repeat(i + 1));
    const half = scorerOf("half", (word) => (word.startsWith("a") ? word.length : Number.NaN));
    const plan = planOf({ generators: [listOf(...words)], scorers: [half], beam: 10, temperature: 5 });
    const { rounds } = await run({ ...plan, rounds: 1 });
    expect(rounds[0]?.survivors.map(({ value }) => Number.isNaN(value))).toEqual(Array(10).fill(false));
  });
});

describe("a background", () => {
  const far = (name: string, judge: (word: string) => number) =>
    scorerOf(name, judge, { background: () => Promise.resolve(Float64Array.of(-1, 0, 1, 0, -1, 1)) });

  test("counts without what its scorer cannot judge of it", async () => {
    const [known, all] = [
      [1, 2, 3, 4],
      [1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY, 4],
    ];
    const by = (background: number[]) =>
      run(
        planOf({
          generators: [listOf("a", "bb")],
          scorers: [
            scorerOf("long", (word) => word.length, {
              background: () => Promise.resolve(Float64Array.from(background)),
            }),
          ],
        }),
      );
    expect((await by(all)).backgrounds).toEqual([known]);
    expect((await by(all)).winner).toEqual((await by(known)).winner);
  });

  test("does not make a tie of all that is far above it", async () => {
    const words = ["a", "bbb", "cc", "dddd"];
    const long = far("long", (word) => 100 + word.length);
    const { ranking } = await run(planOf({ generators: [listOf(...words)], scorers: [long] }));
    expect(ranking.map(({ proposal }) => textOf(proposal))).toEqual(["dddd", "bbb", "cc", "a"]);
  });

  test("keeps one scorer from deciding alone by how far above it something is", async () => {
    const wild = far("wild", (word) => (word === "a" ? 1e9 : 0));
    const calm = [
      far("calm", (word) => (word === "b" ? 1 : -1)),
      far("quiet", (word) => (word === "b" ? 1 : -1)),
    ];
    const { ranking } = await run(
      planOf({ generators: [listOf("a", "b", "c", "d")], scorers: [wild, ...calm] }),
    );
    expect(ranking[0]?.proposal.payload).toEqual(text("b"));
    expect(Math.max(...ranking.flatMap(({ scores }) => scores))).toBeLessThanOrEqual(4);
  });
});

describe("the loop stops", () => {
  const short = scorerOf("short", (word) => -word.length);
  const early = scorerOf("early", (word) => -word.charCodeAt(0));

  test("when several scorers rank the same proposal first", async () => {
    const plan = planOf({
      generators: [listOf("a", "bb", "cc", "dd")],
      scorers: [short, early],
      stopWhenUnanimous: true,
    });
    expect(await run(plan)).toMatchObject({ stopped: "unanimous", agreement: { agreement: 1 } });
  });

  test("never by that where there is one scorer, who always agrees with itself", async () => {
    const plan = search({ scorers: [inPlace], stopWhenUnanimous: true, rounds: 3 });
    expect((await run(plan)).stopped).toBe("rounds");
  });

  test("when nothing new is proposed", async () => {
    const plan = planOf({ generators: [listOf("a", "bb")], scorers: [short] });
    expect(await run(plan)).toMatchObject({ stopped: "no-proposals", rounds: [{}, {}] });
  });

  test("after rounds without improvement", async () => {
    const worse: Generator = {
      name: "worse",
      propose: ({ round }) => Promise.resolve([{ payload: text("a".repeat(round)) }]),
    };
    expect(await run(planOf({ generators: [worse], scorers: [short], patience: 3 }))).toMatchObject({
      stopped: "converged",
      rounds: { length: 4 },
    });
  });

  test("when its budget of scores is spent, to the proposal", async () => {
    for (const scoreBudget of [120, 121]) {
      const done = await run(search({ scoreBudget, proposals: 50 }));
      expect(done.stopped).toBe("score-budget");
      expect(done.costs.map(({ proposals }) => proposals)).toEqual([60, 60]);
    }
    expect(await run(search({ scoreBudget: 1 }))).toMatchObject({ stopped: "score-budget", winner: null });
  });

  test("when its budget of scores is spent, by proposals that no scorer can judge, too", async () => {
    const scorers = [scorerOf("images", () => 0, { kinds: ["anchor"] })];
    const done = await run(search({ scorers, scoreBudget: 60, proposals: 50 }));
    expect(done).toMatchObject({ stopped: "score-budget", ranking: { length: 60 } });
  });

  test("after rounds without improvement where all are valued alike, too", async () => {
    const plan = search({ scorers: [scorerOf("flat", () => 1)], patience: 2 });
    expect(await run(plan)).toMatchObject({ stopped: "converged", rounds: { length: 3 } });
  });

  test("when its time is up", async () => {
    expect((await run(search({ timeBudgetMs: 0 }))).stopped).toBe("time-budget");
  });

  test("when it is told to", async () => {
    const controller = new AbortController();
    const stopping = runConsensus(search(), {
      signal: controller.signal,
      onRound: () => {
        controller.abort(new Error("enough"));
      },
    });
    await expect(stopping).rejects.toThrow("enough");
  });
});

describe("the loop without a result", () => {
  const short = scorerOf("short", (word) => -word.length);

  test("has no winner where nothing is proposed", async () => {
    expect(await run(planOf({ generators: [listOf()], scorers: [short] }))).toMatchObject({
      winner: null,
      ranking: [],
      agreement: null,
      stopped: "no-proposals",
    });
  });

  test("has no winner where no scorer can judge", async () => {
    const plan = planOf({ generators: [listOf("a", "b")], scorers: [scorerOf("none", () => Number.NaN)] });
    const done = await run(plan);
    expect(done).toMatchObject({ winner: null, agreement: null, ranking: { length: 2 } });
    const how = { calibrations: [{ kind: "z" }] as const, aggregation: plan.aggregation };
    expect(replay(done, how)).toBeNull();
  });

  test("removes what a scorer vetoes, with the reason, however high others value it", async () => {
    const noZ = scorerOf("no z", () => 0, {
      score: (proposals) =>
        Promise.resolve({
          scores: new Float64Array(proposals.length),
          vetoes: new Map(
            proposals.flatMap((each, i) => (textOf(each).includes("z") ? [[i, "has a z"]] : [])),
          ),
        }),
    });
    const done = await run(planOf({ generators: [listOf("z", "aaa")], scorers: [short, noZ] }));
    expect(done.ranking.map(({ proposal }) => textOf(proposal))).toEqual(["aaa"]);
    expect(done.rounds[0]?.vetoes).toEqual([
      { proposal: done.rounds[0]?.proposed[0]?.id, scorer: "no z", reason: "has a z" },
    ]);
    expect(done.vetoed).toBe(1);
  });

  test("abstains where scorers do not agree enough", async () => {
    const long = scorerOf("long", (word) => word.length);
    const plan = planOf({ generators: [listOf("a", "bb", "ccc", "dddd")], scorers: [short, long] });
    expect(await run({ ...plan, abstain: { agreement: 0.9 } })).toMatchObject({ abstained: true });
    expect(await run({ ...plan, abstain: { margin: 0.1 } })).toMatchObject({ abstained: true });
    expect(await run(plan)).toMatchObject({ abstained: false });
  });
});

describe("a scorer that fails", () => {
  const good = scorerOf("good", (word) => -word.length);
  const failing = (onFailure: "fail" | "drop" | "last") =>
    scorerOf("bad", () => 0, { onFailure, score: () => Promise.reject(new Error("out of order")) });

  test("fails the run, by name, where it must not", async () => {
    const plan = planOf({ generators: [listOf("a")], scorers: [good, failing("fail")] });
    await expect(run(plan)).rejects.toThrow('The scorer "bad" failed: out of order');
  });

  test("is left out, and told of, where it may be dropped", async () => {
    const done = await run(planOf({ generators: [listOf("bb", "a")], scorers: [good, failing("drop")] }));
    expect(done.winner).toMatchObject({ proposal: { payload: text("a") }, judged: true });
    expect(done.weights).toEqual([1, 0]);
    expect(done.rounds[0]?.failures).toEqual([{ scorer: "bad", message: "out of order", policy: "drop" }]);
  });

  test("fails the run where too little of the weight is left", async () => {
    const plan = planOf({ generators: [listOf("a")], scorers: [good, failing("drop")], weights: [1, 3] });
    await expect(run(plan)).rejects.toThrow("Too many scorers failed (bad)");
  });

  test("has no say any more where it was dropped, whatever it said before", async () => {
    const even = { calibration: { kind: "none" } } as const;
    const best = scorerOf("best", (word) => word.length, even);
    const lost = scorerOf("lost", (word) => -word.length, { ...even, onFailure: "drop" });
    let calls = 0;
    const later = (): Generator => ({
      name: "later",
      propose: ({ round }) => Promise.resolve(round === 2 ? [{ payload: text("c") }] : []),
    });
    const plan = planOf({
      generators: [listOf("a", "bb"), later()],
      scorers: [
        best,
        {
          ...lost,
          score: (given, stop) => (++calls > 1 ? Promise.reject(new Error("gone")) : lost.score(given, stop)),
        },
      ],
    });
    for (const kind of ["min", "borda", "trimmed", "mean"] as const) {
      calls = 0;
      const done = await run({ ...plan, aggregation: { kind } });
      expect(textOf(done.winner?.proposal ?? { payload: text("") }), kind).toBe("bb");
      expect(done.agreement, kind).toMatchObject({ agreement: 1, kendallW: null });
    }
  });

  test("counts as failed where it has never said anything that could be kept", async () => {
    const plan = planOf({ generators: [listOf("a")], scorers: [failing("last")] });
    await expect(run(plan)).rejects.toThrow("Too many scorers failed (bad)");
    const two = planOf({ generators: [listOf("bb", "a")], scorers: [failing("last"), good] });
    expect(textOf((await run(two)).winner?.proposal ?? { payload: text("") })).toBe("a");
  });

  test("ends the work of the others where the run fails with it", async () => {
    let told: AbortSignal | undefined;
    const patient = scorerOf("patient", () => 0, {
      score: (_, given) => {
        told = given;
        return new Promise(() => undefined);
      },
    });
    const plan = planOf({ generators: [listOf("a")], scorers: [patient, failing("fail")] });
    await expect(run(plan)).rejects.toThrow("out of order");
    expect(told?.aborted).toBe(true);
  });

  test("by taking too long is not waited for", async () => {
    const slow = scorerOf("slow", () => 0, {
      onFailure: "drop",
      timeoutMs: 20,
      score: () => new Promise(() => undefined),
    });
    const done = await run(planOf({ generators: [listOf("bb", "a")], scorers: [good, slow] }));
    expect(done.rounds[0]?.failures[0]?.message).toBe("took longer than 20 ms");
  });

  test("by taking too long is not waited for, however often memory is collected meanwhile", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const collecting = setInterval(collect, 10);
    onTestFinished(() => {
      clearInterval(collecting);
    });
    const slow = scorerOf("slow", () => 0, {
      timeoutMs: 200,
      score: () => new Promise(() => undefined),
    });
    await expect(run(planOf({ generators: [listOf("a")], scorers: [slow] }))).rejects.toThrow(
      "took longer than 200 ms",
    );
  });

  test("keeps what it said before where that is asked for, and judges what comes later", async () => {
    let calls = 0;
    const shaky = scorerOf("shaky", (word) => word.length, { onFailure: "last" });
    const plan = planOf({
      generators: [
        {
          name: "longer",
          propose: ({ round }) => Promise.resolve([{ payload: text("a".repeat(round)) }]),
        },
      ],
      scorers: [
        good,
        {
          ...shaky,
          score: (proposals, given) =>
            ++calls === 2 ? Promise.reject(new Error("busy")) : shaky.score(proposals, given),
        },
      ],
      rounds: 3,
      patience: 5,
    });
    const done = await run(plan);
    expect(done.rounds.map(({ scores }) => scores[1])).toEqual([[1], [null], [3]]);
    expect(done.weights).toEqual([1, 1]);
  });

  test("by numbers that are none judges nothing", async () => {
    const odd = scorerOf("odd", (word) => (word === "a" ? Number.NaN : Number.POSITIVE_INFINITY));
    const done = await run(
      planOf({ generators: [listOf("bb", "a")], scorers: [odd, good], weights: [3, 1] }),
    );
    expect(done.rounds[0]?.scores[0]).toEqual([null, null]);
    expect(done.winner).toMatchObject({ judged: false, proposal: { payload: text("a") } });
  });
});
