import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import { createRandom } from "../../src/math/random.ts";
import { runRounds } from "./rounds.ts";

const FAULTS_SHOWN = 20;

await runScript({
  name: "chaos",
  synopsis: "[options]",
  about:
    "Starts a service, writes, deletes and compacts, ends it at a random moment by SIGKILL (alone, or Postgres with it), or by SIGTERM, or by both, and starts it again: nothing that was acknowledged may be lost, nothing that was deleted may come back, searches must find what is stored, and every receipt must be in its chain. In some rounds Postgres alone is killed, and the service must go on.",
  options: {
    rounds: { type: "string", value: "N", help: "how often it is ended", default: "100" },
    seed: { type: "string", value: "N", help: "of what is written and when it ends", default: "1" },
    minutes: { type: "string", value: "N", help: "after which no round begins", default: "20" },
  },
  examples: ["--rounds 10 --seed 7"],
  schema: z.strictObject({
    arguments: noArguments,
    rounds: wholeNumber(1, 100_000),
    seed: wholeNumber(0, 999_999_999),
    minutes: wholeNumber(1, 10_000),
  }),
  run: async ({ rounds: wanted, seed, minutes }, { signal, note, print }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-chaos-"));
    const bar = createProgress("chaos", "rounds");
    const until = performance.now() + minutes * 60_000;
    const outcome = await runRounds(dataDir, createRandom(seed), (rounds) => {
      bar.update(rounds, wanted);
      return rounds === wanted || performance.now() > until || signal.aborted;
    });
    bar.stop();

    const { rounds, ends, starts, startsFromSnapshots, cutOff } = outcome;
    const { faults, writes, receipts, compactions, refusals } = outcome.ledger;
    for (const fault of faults.slice(0, FAULTS_SHOWN)) note(fault);
    if (faults.length === 0) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    else note(`the data is kept in ${dataDir}`);
    const kinds = [...ends].sort().map(([end, count]) => `${count} ${end}`);
    print(`${rounds} rounds (${kinds.join(", ")}), ${faults.length} faults (seed ${seed})`);
    print(
      `acknowledged: ${writes} writes, ${receipts.length} of them deletions, ${compactions} compactions; ` +
        `refused for a while: ${refusals}`,
    );
    print(`starts: ${starts}, from a snapshot ${startsFromSnapshots}; snapshots cut off: ${cutOff}`);
    return faults.length > 0 ? EXIT.failed : signal.aborted ? EXIT.interrupted : EXIT.done;
  },
});
