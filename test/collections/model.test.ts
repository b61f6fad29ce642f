import fc from "fast-check";
import { afterAll, describe, test } from "vitest";
import { closeKernels } from "../../src/retrieval/index.ts";
import { freshDatabase } from "../support/postgres.ts";
import { anyVector, exactVector, largeId, smallId } from "./model/anchors.ts";
import { commandsOf, putBase } from "./model/commands.ts";
import { perform } from "./model/operation.ts";
import type { Scale } from "./model/requests.ts";
import { closeWorld, openWorld } from "./model/world.ts";
import { compact } from "./model/writes.ts";

afterAll(closeKernels);

const SMALL: Scale = { id: smallId, vector: exactVector, k: fc.integer({ min: 1, max: 20 }), base: 0 };
const LARGE: Scale = { id: largeId, vector: anyVector, k: fc.constantFrom(50, 800, 3_000), base: 1_100 };

/** MODEL_RUNS=500 makes more runs than a suite has time for, MODEL_SEED those of the seed that a failure names. */
const RUNS = process.env.MODEL_RUNS;
const SEED = process.env.MODEL_SEED;
const LIMIT_MS = RUNS === undefined ? 40_000 : 3_600_000;

const followsTheModel = async (scale: Scale, numRuns: number, maxCommands: number): Promise<void> => {
  const { url } = await freshDatabase();
  await fc.assert(
    fc.asyncProperty(commandsOf(scale, maxCommands), async (commands) => {
      const world = await openWorld(url);
      try {
        // With a snapshot to start from.
        for (const operation of scale.base > 0 ? [putBase(0, scale.base, 0), compact("vacuum")] : [])
          await perform(world, [{ who: 0, operation }]);
        await fc.asyncModelRun(() => ({ model: world.naive, real: world }), commands);
      } catch (error) {
        // A process that did not start again cannot be closed; what kept it from that is to be told.
        await closeWorld(world).catch(() => undefined);
        throw error;
      }
      await closeWorld(world);
    }),
    {
      numRuns: RUNS === undefined ? numRuns : Number(RUNS),
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      plugins: [fc.interruptAfterTimeLimit(LIMIT_MS)],
    },
  );
};

describe("a collection in two processes on one Postgres, through writes, compactions, stops and kills", () => {
  test(
    "answers as a plain loop over a map of few anchors does",
    () => followsTheModel(SMALL, 5, 50),
    LIMIT_MS + 20_000,
  );

  test(
    "answers as it does over more than a snapshot takes",
    () => followsTheModel(LARGE, 3, 40),
    LIMIT_MS + 20_000,
  );
});
