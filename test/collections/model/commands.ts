import fc from "fast-check";
import type { NaiveCollection } from "../../support/naive-collection.ts";
import { baseId, baseSketches, sketch, sketches } from "./anchors.ts";
import { expectForgotten, expectFromSnapshot } from "./files.ts";
import { filter } from "./filters.ts";
import { perform, type Call, type Operation } from "./operation.ts";
import { startProcess } from "./process.ts";
import { classify, relative, search } from "./queries.ts";
import { getAnchor, info, list, receipts } from "./reads.ts";
import { classifications, relatives, searches, type Scale } from "./requests.ts";
import { NAME, upToDate, type Who, type World } from "./world.ts";
import { compact, deleteIds, deleteWhere, put, putWrong, WRONGS } from "./writes.ts";

/** A collection of fewer anchors has no snapshot. */
const SNAPSHOT_ANCHORS = 1_000;

type Command = fc.AsyncCommand<NaiveCollection, World>;

/** Mostly one of them, so that it has something to remember. */
const who = fc.constantFrom<Who>(0, 0, 0, 1);

const operations = (scale: Scale): fc.Arbitrary<Operation> => {
  const { id, vector, base } = scale;
  const several = sketches(sketch(id, vector));
  const part = fc.tuple(fc.nat(base), fc.integer({ min: 1, max: 600 }));
  const wrong = fc.constantFrom(...Object.keys(WRONGS));
  const pages = fc.integer({ min: base === 0 ? 1 : 100, max: 1_000 });
  return fc.oneof(
    { weight: 6, arbitrary: several.map((given) => put(given)) },
    { weight: 1, arbitrary: fc.tuple(several, fc.nat(5), wrong).map((given) => putWrong(...given)) },
    { weight: 4, arbitrary: fc.array(id, { minLength: 1, maxLength: 8 }).map(deleteIds) },
    { weight: 1, arbitrary: filter.map(deleteWhere) },
    { weight: 12, arbitrary: searches(scale).map(search) },
    { weight: 2, arbitrary: relatives(scale).map(relative) },
    { weight: 6, arbitrary: classifications(scale).map(classify) },
    { weight: 1, arbitrary: id.map(getAnchor) },
    { weight: 1, arbitrary: fc.tuple(pages, fc.boolean(), fc.option(filter)).map((given) => list(...given)) },
    { weight: 1, arbitrary: fc.constant(info) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }).map(receipts) },
    { weight: 2, arbitrary: fc.constantFrom("rewrite" as const, "vacuum" as const).map(compact) },
    {
      weight: base === 0 ? 0 : 1,
      arbitrary: fc.tuple(part, fc.nat(3)).map(([[first, count], version]) => putBase(first, count, version)),
    },
    {
      weight: base === 0 ? 0 : 1,
      arbitrary: part.map(([first, count]) => deleteIds(baseSketches(first, count, 0).map((one) => one.id))),
    },
  );
};

export const putBase = (first: number, count: number, version: number): Operation =>
  put(
    baseSketches(first, count, version),
    `put ${baseId(first)} and ${count - 1} that follow, in version ${version}`,
  );

const command = (label: string, run: (world: World) => Promise<void>): Command => ({
  check: () => true,
  run: (_, world) => run(world),
  toString: () => label,
});

const labelOf = ({ who: by, operation }: Call): string => `${by}: ${operation.label}`;

const one = (call: Call): Command => command(labelOf(call), (world) => perform(world, [call]));

const atOnce = (calls: readonly Call[]): Command =>
  command(`at once (${calls.map(labelOf).join(" | ")})`, (world) =>
    perform(
      world,
      calls.filter(({ operation }) => !operation.alone),
    ),
  );

/** Stops a process, or kills it, and starts it again. */
const restart = (by: Who, how: "stop" | "crash"): Command =>
  command(`${by}: ${how} and start`, async (world) => {
    const side = world.sides[by];
    await side.running.collections.get(NAME, upToDate(world, by));
    await side.running[how]();
    if (how === "stop") await expectForgotten(world, side, world.naive.sequence());
    side.running = await startProcess(side.installation);
    side.seen = world.naive.sequence();
    const { size } = world.naive.at(world.naive.sequence());
    if (how === "stop" && size >= SNAPSHOT_ANCHORS) await expectFromSnapshot(side);
    await perform(world, [{ who: by, operation: info }]);
  });

/** Random sequences of everything that can be done with a collection, and with its processes. */
export const commandsOf = (scale: Scale, maxCommands: number) => {
  const call = fc.record({ who, operation: operations(scale) });
  return fc.commands(
    [
      fc.oneof(
        { arbitrary: call.map(one), weight: 12 },
        { arbitrary: fc.array(call, { minLength: 2, maxLength: 6 }).map(atOnce), weight: 3 },
        {
          arbitrary: fc
            .tuple(who, fc.constantFrom("stop" as const, "crash" as const))
            .map((given) => restart(...given)),
          weight: 2,
        },
      ),
    ],
    { maxCommands, size: "max" },
  );
};
