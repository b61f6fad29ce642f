import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  openStore,
  startEmbedded,
  type Store,
  findCollection,
  readAll,
  changesSince,
  upsertAnchors,
  listAnchors,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../src/types.ts";
import { runSql, temporaryDirectory } from "../support/postgres.ts";
import { connectionOf } from "../../src/store/connection.ts";
import { canUnshare, inAnotherContainer, startChild, type Child } from "./children/start.ts";
import { anchor, newCollection } from "./fixtures.ts";
import { collectingLog, silentLog } from "../support/log.ts";

const BIRDS = "birds" as CollectionName;

const open = async (dataDir: string, lines: string[] = []): Promise<Store> => {
  const store = await openStore({ dataDir, databaseUrl: null, log: collectingLog(lines) });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await store.close();
  };
  onTestFinished(close);
  return { ...store, close };
};

const postmasterPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8")).split("\n")[0]);

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Everything that `writer` said is there, nothing that it deleted is; the write that was under way may be or not, whole. */
const expectAcknowledged = async (store: Store, writer: Child): Promise<void> => {
  const collection = await findCollection(store, BIRDS);
  if (collection === null) throw new Error("the collection is gone");
  const found = new Map<AnchorId, number | undefined>();
  const sequence = await readAll(store, collection, (batch) => {
    for (const { id, textVector } of batch) found.set(id, textVector[0]);
  });
  const deleted = new Set(writer.lines.filter((line) => line.startsWith("-")).map((line) => line.slice(1)));
  const written = writer.lines.filter((line) => line.startsWith("+")).map((line) => line.slice(1));
  const last = written.at(-1);
  expect(written.length).toBeGreaterThan(10);
  for (const id of written) {
    if (deleted.has(id)) expect(found.has(id as AnchorId), `${id} was deleted`).toBe(false);
    else if (id !== last)
      expect(found.get(id as AnchorId), `${id} was acknowledged`).toBe(Number(id.slice(1)));
  }
  for (const id of found.keys())
    expect(found.has(id.endsWith("-twin") ? (id.slice(0, -5) as AnchorId) : (`${id}-twin` as AnchorId))).toBe(
      true,
    );
  const changes = await changesSince(store, collection, 0 as Sequence);
  expect(changes.map((change) => Number(change.sequence))).toEqual(
    Array.from({ length: sequence }, (_, at) => at + 1),
  );
  expect(collection.anchorCount).toBe(found.size);
};

describe("the embedded server", () => {
  test("keeps what was written from one start to the next, and is gone after each", async () => {
    const dataDir = await temporaryDirectory();
    const first = await open(dataDir);
    await upsertAnchors(first, await newCollection(first), [anchor("a")]);
    const pid = await postmasterPid(dataDir);
    await first.close();
    expect(isRunning(pid)).toBe(false);
    const second = await open(dataDir);
    expect(await findCollection(second, BIRDS)).toMatchObject({ sequence: 1, anchorCount: 1 });
    expect(second.server).toBe("embedded");
  });

  test("loses nothing acknowledged when its owner alone is killed, and leaves no second server", async () => {
    const dataDir = await temporaryDirectory();
    const writer = startChild("writer", dataDir);
    await writer.until((lines) => lines.length > 60);
    const orphan = await postmasterPid(dataDir);
    await writer.kill();
    expect(isRunning(orphan)).toBe(true);

    const log: string[] = [];
    const store = await open(dataDir, log);
    expect(log.join()).toContain(`process ${orphan}`);
    expect(await postmasterPid(dataDir)).not.toBe(orphan);
    await expectAcknowledged(store, writer);
  });

  test("loses nothing acknowledged when it is killed with its owner", async () => {
    const dataDir = await temporaryDirectory();
    const writer = startChild("writer", dataDir);
    await writer.until((lines) => lines.length > 60);
    process.kill(await postmasterPid(dataDir), "SIGKILL");
    await writer.kill();

    await expectAcknowledged(await open(dataDir), writer);
  });

  test("starts where a dead server's number belongs to another program by now", async () => {
    const dataDir = await temporaryDirectory();
    const first = await open(dataDir);
    await first.close();
    const cluster = join(dataDir, "postgres");
    await writeFile(
      join(cluster, "postmaster.pid"),
      `${process.pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n\nready\n`,
    );
    await (await open(dataDir)).ping();
  });

  test("makes its cluster again when the making was cut off", async () => {
    const dataDir = await temporaryDirectory();
    await mkdir(join(dataDir, "postgres.new/cluster/base"), { recursive: true });
    await writeFile(join(dataDir, "postgres.new/cluster/PG_VERSION"), "18\n");
    await (await open(dataDir)).ping();
    expect((await readdir(dataDir)).filter((name) => name.includes(".new"))).toEqual([]);
    expect((await stat(join(dataDir, "postgres.password"))).mode & 0o077).toBe(0);
  });

  test("is started again when it dies by itself, and requests meanwhile are told it is unavailable", async () => {
    const dataDir = await temporaryDirectory();
    const log: string[] = [];
    const store = await open(dataDir, log);
    const collection = await newCollection(store);
    await upsertAnchors(store, collection, [anchor("before")]);
    const killed = await postmasterPid(dataDir);
    process.kill(killed, "SIGKILL");

    const answers = new Set<string>();
    for (;;) {
      const answer = await upsertAnchors(store, collection, [anchor("after")]).then(
        () => "written",
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      );
      answers.add(answer);
      if (answer === "written" && (await postmasterPid(dataDir).catch(() => killed)) !== killed) break;
      await sleep(5);
    }
    expect([...answers].filter((answer) => answer !== "written")).toEqual(["unavailable"]);
    expect(log.join("\n")).toContain("ended by itself (SIGKILL)");
    expect((await listAnchors(store, collection, { after: null, limit: 9 })).map(({ id }) => id)).toEqual([
      "after",
      "before",
    ]);
  });

  test("takes a password, so that no other user of the machine may enter", async () => {
    const dataDir = await temporaryDirectory();
    const server = await startEmbedded({ dataDir, log: silentLog });
    onTestFinished(() => server.stop());
    const url = new URL(server.url);
    url.password = "wrong";
    await expect(runSql("SELECT 1", url.href)).rejects.toThrow("password authentication failed");
  });

  test.skipIf(process.platform === "win32")(
    "listens on no port, and on a socket that only its own user reaches",
    async () => {
      const dataDir = await temporaryDirectory();
      const server = await startEmbedded({ dataDir, log: silentLog });
      onTestFinished(() => server.stop());
      const client = new pg.Client(connectionOf(server.url));
      await client.connect();
      const { rows } = await client.query("SHOW listen_addresses");
      await client.end();
      expect(rows).toEqual([{ listen_addresses: "" }]);
      const [folder, socket] = await Promise.all([
        stat(join(dataDir, "postgres")),
        stat(join(dataDir, "postgres/.s.PGSQL.5432")),
      ]);
      expect([folder.mode & 0o777, socket.mode & 0o777]).toEqual([0o700, 0o700]);
    },
  );

  test.skipIf(process.platform === "win32")("works below a path that is too long for a socket", async () => {
    const dataDir = join(await temporaryDirectory(), "long".repeat(50));
    const store = await open(dataDir);
    await store.ping();
  });

  test.runIf(process.getuid?.() === 0 && process.platform === "linux")(
    "gets no capability from root, and none of its secrets",
    async () => {
      const dataDir = await temporaryDirectory();
      vi.stubEnv("API_KEY", "a key that is not for PostgreSQL");
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const server = await startEmbedded({ dataDir, log: silentLog });
      onTestFinished(() => server.stop());
      const proc = `/proc/${server.pid()}`;
      expect(await readFile(`${proc}/status`, "utf8")).toMatch(
        /Uid:\t[1-9][^]*Groups:\s*\n[^]*CapInh:\t0+\nCapPrm:\t0+\nCapEff:\t0+\n[^]*CapAmb:\t0+\n/,
      );
      expect(await readFile(`${proc}/environ`, "utf8")).not.toContain("API_KEY");
    },
  );

  test.runIf(canUnshare)("is not started beside one that another container's dead service left", async () => {
    const dataDir = await temporaryDirectory();
    // The shell is process 1 of the container, which goes on when the service is killed.
    const keptAlive = ["sh", "-c", '"$0" "$@"; sleep 120'];
    const writer = startChild("writer", dataDir, [...inAnotherContainer, ...keptAlive]);
    await writer.until((lines) => lines.length > 5);
    const childOf = async (pid: number): Promise<number> =>
      Number((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ")[0]);
    const shell = await childOf(writer.process.pid ?? 0);
    process.kill(await childOf(shell), "SIGKILL");
    await expect(openStore({ dataDir, databaseUrl: null, log: silentLog })).rejects.toMatchObject({
      code: "data-dir-busy",
      message: expect.stringContaining("in another container") as string,
    });
    await writer.kill();
    await (await open(dataDir)).ping();
  });

  test.skipIf(process.getuid?.() !== 0)("runs for root below a folder that only root may enter", async () => {
    const closed = await temporaryDirectory();
    await chmod(closed, 0o700);
    const dataDir = join(closed, "data");
    const writer = startChild("writer", dataDir);
    await writer.until((lines) => lines.length > 60);
    await writer.kill();
    await expectAcknowledged(await open(dataDir), writer);
  });
});
