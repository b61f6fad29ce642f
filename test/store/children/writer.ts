import { writeSync } from "node:fs";
import {
  lockDataDir,
  openStore,
  findCollection,
  upsertAnchors,
  deleteAnchors,
} from "../../../src/store/index.ts";
import type { CollectionName } from "../../../src/types.ts";
import { anchor, idsOf, newCollection } from "../fixtures.ts";
import { silentLog } from "../../support/log.ts";

/**
 * Writes and deletes anchors for as long as it lives, and says on stdout what was acknowledged: `+id`, `-id`.
 * Anchors come in pairs of writes; every third pair is deleted again.
 */
const main = async (dataDir: string): Promise<void> => {
  await lockDataDir(dataDir);
  const store = await openStore({ dataDir, databaseUrl: null, log: silentLog });
  const collection = (await findCollection(store, "birds" as CollectionName)) ?? (await newCollection(store));
  writeSync(1, "ready\n");
  for (let at = 0; ; at++) {
    const id = `a${at}`;
    const textVector = Float32Array.of(at, -at);
    await upsertAnchors(store, collection, [
      anchor(id, { textVector }),
      anchor(`${id}-twin`, { textVector }),
    ]);
    writeSync(1, `+${id}\n`);
    if (at % 3 !== 0) continue;
    await deleteAnchors(store, collection, idsOf(id, `${id}-twin`));
    writeSync(1, `-${id}\n`);
  }
};

await main(process.argv[2] ?? "");
