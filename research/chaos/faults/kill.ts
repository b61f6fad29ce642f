import { createRandom } from "../../../src/math/random.ts";
import type { CollectionClient } from "../../../src/features/client.ts";
import { checkService } from "../check.ts";
import { chooseEnd, endRound } from "../end.ts";
import type { Fault } from "../fault.ts";
import { createModel, DIMENSION } from "../model.ts";
import { endService, openCollection, snapshotFiles, startService, type Service } from "../service.ts";
import { fill, startWork, type Ledger } from "../work.ts";

/** What a log says where the service itself is at fault, or a file of it that no kill may leave so. */
const COMPLAINTS = /^.*(?:defect|is not used and deleted).*$/gm;

/**
 * The service, its Postgres or both end at a random moment of writes, deletions, compactions and snapshots: nothing that
 * was acknowledged is lost, nothing that was deleted comes back, searches find what is stored, receipts are in the chain.
 */
export const kill: Fault = {
  name: "kill",
  share: 8,
  prepare: async ({ makeDataDir, watch }) => {
    const dataDir = await makeDataDir();
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
    const ends = new Map<string, number>();
    let [starts, startsFromSnapshots, cutOff] = [0, 0, 0];
    let running: { readonly service: Service; readonly collection: CollectionClient } | undefined;

    const open = async () => {
      if (running !== undefined) {
        await watch(running.service);
        return { ...running, isNew: false };
      }
      const service = await startService(dataDir);
      running = { service, collection: await openCollection(service, "chaos", DIMENSION) };
      await watch(service);
      starts++;
      if (service.output().includes("loaded from a snapshot")) startsFromSnapshots++;
      return { ...running, isNew: true };
    };

    return {
      round: async (random) => {
        const { service, collection } = await open();
        if (ledger.writes === 0) await fill(collection, ledger, random);
        const end = chooseEnd(random);
        const work = startWork(collection, ledger, createRandom(random.integer(2 ** 31)));
        const { goesOn, faults } = await endRound(end, service, work, dataDir, random);
        ledger.faults.push(...faults);
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (!goesOn) {
          running = undefined;
          cutOff += (await snapshotFiles(dataDir)).partial.length;
        }

        const next = await open();
        ledger.faults.push(...(await checkService(next.collection, ledger, random)));
        if (next.isNew) {
          const { whole, partial } = await snapshotFiles(dataDir);
          if (whole.length > 1 || partial.length > 0)
            ledger.faults.push(`snapshots were left behind: ${[...whole, ...partial].join(", ")}`);
        }
        ledger.faults.push(...(next.service.output().match(COMPLAINTS) ?? []));
        return ledger.faults.splice(0);
      },
      summary: () => {
        if (ends.size === 0) return "";
        const kinds = [...ends].sort().map(([end, count]) => `${count} ${end}`);
        return (
          `${kinds.join(", ")}; acknowledged: ${ledger.writes} writes, ${ledger.receipts.length} of them deletions, ` +
          `${ledger.compactions} compactions; refused for a while: ${ledger.refusals}; ` +
          `starts: ${starts}, ${startsFromSnapshots} of them from a snapshot; snapshots cut off: ${cutOff}`
        );
      },
      close: async () => {
        if (running !== undefined) await endService(running.service);
      },
    };
  },
};
