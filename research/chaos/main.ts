import { rm } from "node:fs/promises";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import { compile } from "../../scripts/compile.ts";
import { makeDataDir } from "../../test/service/running.ts";
import { FAULTS } from "./faults.ts";
import { runChaos } from "./run.ts";
import { tableOf } from "./table.ts";

const NAMES = FAULTS.map(({ name }) => name);
const SHOWN_OF_A_ROUND = 5;

await runScript({
  name: "chaos",
  synopsis: "[options]",
  about:
    "Starts services and does to them what kills, full disks, a Postgres that hangs, hostile requests and slow peers do: " +
    "nothing that was acknowledged may be lost, nothing that was deleted may come back, and others must be served " +
    "meanwhile. Each round has a seed; where something was wrong, the command that tries the round again is printed. " +
    `Faults: ${NAMES.join(", ")}.`,
  options: {
    rounds: { type: "string", value: "N", help: "of all faults together", default: "100" },
    seed: { type: "string", value: "N", help: "of the first round of each fault", default: "1" },
    minutes: { type: "string", value: "N", help: "after which no round begins", default: "20" },
    only: { type: "string", value: "NAME", help: "one fault; may be given more than once", multiple: true },
  },
  examples: ["--rounds 10 --seed 7", "--only kill --only image-bombs --minutes 5"],
  schema: z.strictObject({
    arguments: noArguments,
    rounds: wholeNumber(1, 100_000),
    seed: wholeNumber(0, 999_999_999),
    minutes: wholeNumber(1, 10_000),
    only: z.array(z.enum(NAMES, { error: `must be one of ${NAMES.join(", ")}` })).default(NAMES),
  }),
  run: async ({ rounds: wanted, seed, minutes, only }, { signal, note, print }) => {
    await compile();
    const bar = createProgress("chaos", "rounds");
    const until = performance.now() + minutes * 60_000;
    const dataDirs: string[] = [];
    const tallies = await runChaos(
      FAULTS.filter(({ name }) => only.includes(name)),
      {
        seed,
        makeDataDir: async () => {
          const { path } = await makeDataDir();
          dataDirs.push(path);
          return path;
        },
        isOver: (rounds) => {
          bar.update(rounds, wanted);
          return rounds === wanted || performance.now() > until;
        },
        isStopped: () => signal.aborted,
        onFault: ({ name }, roundSeed, found) => {
          for (const fault of found.slice(0, SHOWN_OF_A_ROUND)) note(`${name}: ${fault}`);
          if (found.length > SHOWN_OF_A_ROUND) note(`${name}: ${found.length - SHOWN_OF_A_ROUND} more`);
          note(`again: npm run chaos -- --only ${name} --seed ${roundSeed} --rounds 1`);
        },
      },
    );
    bar.stop();

    for (const line of tableOf(tallies)) print(line);
    for (const { fault, summaries } of tallies)
      for (const summary of summaries) print(`${fault.name}: ${summary}`);
    const sum = (of: "rounds" | "faulty"): number => tallies.reduce((total, tally) => total + tally[of], 0);
    print(`${sum("rounds")} rounds, ${sum("faulty")} of them with faults (seed ${seed})`);
    if (sum("faulty") > 0) note(`the data is kept in ${dataDirs.join(" and ")}`);
    else for (const path of dataDirs) await rm(path, { recursive: true, force: true, maxRetries: 5 });
    return sum("faulty") > 0 ? EXIT.failed : signal.aborted ? EXIT.interrupted : EXIT.done;
  },
});
