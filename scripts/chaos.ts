import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, wholeNumber } from "../src/cli.ts";
import { createProgress } from "../src/progress.ts";
import { createRandom } from "../src/random.ts";
import { checkService } from "./chaos/check.ts";
import { chooseEnd, endRound, type End } from "./chaos/end.ts";
import { createModel } from "./chaos/model.ts";
import { snapshotFiles, startService, type Service } from "./chaos/service.ts";
import { fill, startWork, type Ledger } from "./chaos/work.ts";

/** What a log says where the service itself is at fault, or a file of it that no kill may leave so. */
const COMPLAINTS = /^.*(?:defect|is not used and deleted).*$/gm;

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
  schema: z.object({
    rounds: wholeNumber(1, 100_000),
    seed: wholeNumber(0, 999_999_999),
    minutes: wholeNumber(1, 10_000),
  }),
  run: async ({ rounds, seed, minutes }, { signal, note, print }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-chaos-"));
    const random = createRandom(seed);
    const ledger: Ledger = {
      model: createModel(),
      receipts: [],
      faults: [],
      writes: 0,
      compactions: 0,
      refusals: 0,
      sequence: 0,
      erasedTo: 0,
    };
    const { faults } = ledger;
    const ends = new Map<End, number>();
    let [round, starts, fromSnapshots, cutOff] = [0, 0, 0, 0];
    const bar = createProgress("chaos", "rounds");
    const until = performance.now() + minutes * 60_000;
    let service: Service | undefined;
    try {
      for (;;) {
        bar.update(round, rounds);
        const started = service === undefined;
        const running = (service ??= await startService(dataDir));
        const { collection } = running;
        if (started && starts++ === 0) await fill(collection, ledger, random);
        faults.push(...(await checkService(collection, ledger, random)));
        if (started) {
          if (running.output().includes("loaded from a snapshot")) fromSnapshots++;
          const { whole, partial } = await snapshotFiles(dataDir);
          if (whole.length > 1 || partial.length > 0)
            faults.push(`snapshots were left beside the one in use: ${[...whole, ...partial].join(", ")}`);
        }
        faults.push(...(running.output().match(COMPLAINTS) ?? []));
        const isOver = round === rounds || performance.now() > until || signal.aborted;
        if (isOver || faults.length > 0) break;
        const end = chooseEnd(random);
        const work = startWork(collection, ledger, createRandom(random.integer(2 ** 31)));
        const ended = await endRound(end, running, work, dataDir, random);
        faults.push(...ended.faults);
        if (!ended.goesOn) {
          service = undefined;
          cutOff += (await snapshotFiles(dataDir)).partial.length;
        }
        ends.set(end, (ends.get(end) ?? 0) + 1);
        round++;
      }
    } finally {
      bar.stop();
      service?.signal("SIGKILL");
      await service?.gone();
      await service?.killPostgres();
      if (faults.length === 0) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
    for (const fault of faults.slice(0, 20)) note(fault);
    if (faults.length > 0) note(`the data is kept in ${dataDir}`);
    const { writes, compactions, refusals, receipts } = ledger;
    const counted = [...ends].sort().map(([end, count]) => `${count} ${end}`);
    print(`${round} rounds (${counted.join(", ")}), ${faults.length} faults (seed ${seed})`);
    print(
      `acknowledged: ${writes} writes, ${receipts.length} of them deletions, ${compactions} compactions; ` +
        `refused for a while: ${refusals}`,
    );
    print(`starts: ${starts}, from a snapshot ${fromSnapshots}; snapshots cut off: ${cutOff}`);
    return faults.length > 0 ? EXIT.failed : signal.aborted ? EXIT.interrupted : EXIT.done;
  },
});
