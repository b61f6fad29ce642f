import { createRandom, type Random } from "../../src/math/random.ts";
import { checkService } from "./check.ts";
import { chooseEnd, endRound, type End } from "./end.ts";
import { createModel } from "./model.ts";
import { snapshotFiles, startService, type Service } from "./service.ts";
import { fill, startWork, type Ledger } from "./work.ts";

/** What a log says where the service itself is at fault, or a file of it that no kill may leave so. */
const COMPLAINTS = /^.*(?:defect|is not used and deleted).*$/gm;

export interface Outcome {
  readonly ledger: Ledger;
  readonly rounds: number;
  readonly ends: ReadonlyMap<End, number>;
  readonly starts: number;
  readonly startsFromSnapshots: number;
  /** Snapshots that were being written when the service was killed. */
  readonly cutOff: number;
}

/**
 * Starts a service on `dataDir` and ends it again and again, amid work, until a fault is found or `isOver`; whatever
 * happens, none runs afterwards.
 *
 * @param isOver asked before each round with how many there were
 */
export const runRounds = async (
  dataDir: string,
  random: Random,
  isOver: (rounds: number) => boolean,
): Promise<Outcome> => {
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
  const ends = new Map<End, number>();
  let [rounds, starts, startsFromSnapshots, cutOff] = [0, 0, 0, 0];
  let service: Service | undefined;

  /** The service that goes on, or the next one. */
  const open = async (): Promise<Service> => {
    if (service !== undefined) return service;
    const started = (service = await startService(dataDir));
    if (starts++ === 0) await fill(started.collection, ledger, random);
    return started;
  };

  const round = async (): Promise<boolean> => {
    const isNew = service === undefined;
    const running = await open();
    ledger.faults.push(...(await checkService(running.collection, ledger, random)));
    if (isNew) {
      if (running.output().includes("loaded from a snapshot")) startsFromSnapshots++;
      const { whole, partial } = await snapshotFiles(dataDir);
      if (whole.length > 1 || partial.length > 0)
        ledger.faults.push(`snapshots were left behind: ${[...whole, ...partial].join(", ")}`);
    }
    ledger.faults.push(...(running.output().match(COMPLAINTS) ?? []));
    if (ledger.faults.length > 0 || isOver(rounds)) return false;

    const end = chooseEnd(random);
    const work = startWork(running.collection, ledger, createRandom(random.integer(2 ** 31)));
    const { goesOn, faults } = await endRound(end, running, work, dataDir, random);
    ledger.faults.push(...faults);
    if (!goesOn) {
      service = undefined;
      cutOff += (await snapshotFiles(dataDir)).partial.length;
    }
    ends.set(end, (ends.get(end) ?? 0) + 1);
    rounds++;
    return true;
  };

  try {
    while (await round());
  } catch (error) {
    ledger.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    service?.signal("SIGKILL");
    await service?.gone();
    await service?.killPostgres();
  }
  return { ledger, rounds, ends, starts, startsFromSnapshots, cutOff };
};
