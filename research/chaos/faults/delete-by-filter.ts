import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { connectionOf } from "../../../src/store/connection.ts";
import { passwordFileIn } from "../../../src/store/embedded/paths.ts";
import type { AnchorBody } from "../../../src/features/client.ts";
import { createFindings, type Fault } from "../fault.ts";
import { openCollection, readPostmaster, startService, type Service } from "../service.ts";

const NAME = "two";
const DELETIONS = 10;

const anchor = (id: string, state: string): AnchorBody => ({
  id,
  imageVector: [1, 2],
  textVector: [1, 2],
  metadata: { state },
});

/** The address of the Postgres that a service started. */
const urlOf = async ({ dataDir }: Service): Promise<string> => {
  const port = (await readPostmaster(dataDir))[3] ?? "";
  const password = (await readFile(passwordFileIn(dataDir), "utf8")).trim();
  const folder = encodeURIComponent(join(dataDir, "postgres"));
  return `postgres://anchorage:${password}@${folder}:${port}/postgres?sslmode=disable&require_auth=scram-sha-256`;
};

/**
 * Two services on one Postgres: one deletes by filter what the other just wrote, often without having heard of it. What
 * matches in Postgres is deleted, and nothing else.
 */
export const deleteByFilter: Fault = {
  name: "delete-by-filter",
  share: 2,
  prepare: async ({ shared, makeDataDir }) => {
    const dataDir = await makeDataDir();
    let [first, second]: (Service | undefined)[] = [];
    return {
      round: async (random) => {
        const { found, check } = createFindings();
        const writer = await shared();
        // The port of Postgres is another one after a start.
        if (writer !== first) {
          second?.signal("SIGKILL");
          await second?.gone();
          second = undefined;
        }
        first = writer;
        const url = await urlOf(writer);
        const other = (second ??= await startService(dataDir, { DATABASE_URL: url }));
        await other.ready();
        const written = await openCollection(writer, NAME, 2);
        await openCollection(other, NAME, 2);
        const deleted = other.client.collection(NAME);
        const database = new pg.Client(connectionOf(url));
        await database.connect();
        try {
          for (let i = 0; i < DELETIONS; i++) {
            const { sequence } = await written.putAnchors([anchor("x", "old")]);
            await deleted.get({ minSequence: sequence });
            if (random.next() < 0.5)
              await database.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'anchorage news'",
              );
            await written.putAnchors([anchor("x", "kept"), anchor(`y${i}`, "old")]);
            const { deleted: count } = await deleted.deleteAnchors({ filter: { state: "old" } });
            const left = await written.existingAnchors(["x", `y${i}`]);
            check(left.includes("x"), "an anchor was deleted that did not match any more");
            check(!left.includes(`y${i}`), "an anchor was left that matched");
            check(count === 1, `${count} anchors were deleted, and 1 matched`);
          }
        } finally {
          await database.end();
        }
        return found;
      },
      close: async () => {
        second?.signal("SIGKILL");
        await second?.gone();
      },
    };
  },
};
