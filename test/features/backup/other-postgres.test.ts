import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseAccount } from "../../../src/store/embedded/account.ts";
import { openTestApp } from "../../http/support.ts";
import { runSql } from "../../support/postgres.ts";
import {
  answersOf,
  backUp,
  closeOrigin,
  fillCollection,
  openOrigin,
  restoreTo,
  type Origin,
} from "./support.ts";

const INSTALLED = "/usr/lib/postgresql";
/** An installed Postgres of another major version than the embedded one. */
const version = existsSync(INSTALLED)
  ? readdirSync(INSTALLED).find((name) => /^1[4-7]$/.test(name))
  : undefined;

describe.skipIf(version === undefined)("a Postgres of another major version", () => {
  let origin: Origin;
  let folder: string;
  let url: string;
  let uid: number | undefined;

  /** Runs a program of that Postgres as its own user. */
  const run = (program: string, args: readonly string[]): void => {
    const { status, stderr } = spawnSync(join(INSTALLED, version ?? "", "bin", program), args, {
      ...(uid === undefined ? {} : { uid, gid: uid }),
      cwd: folder,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };

  beforeAll(async () => {
    origin = await openOrigin();
    await fillCollection(origin.test, "first");
    folder = await mkdtemp(join(tmpdir(), "anchorage-other-"));
    const { user } = await chooseAccount(folder);
    uid = user?.uid;
    await chmod(folder, 0o755);
    if (user !== null) await chown(folder, user.uid, user.gid);
    const password = join(folder, "password");
    await writeFile(password, "right");
    await chmod(password, 0o644);
    const port = await freePort();
    run("initdb", ["-D", "data", "-U", "anna", "-A", "scram-sha-256", "--pwfile=password", "-E", "UTF8"]);
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -k ${folder}`;
    run("pg_ctl", ["-D", "data", "-l", "log", "-w", "-o", options, "start"]);
    url = `postgres://anna:right@127.0.0.1:${port}/postgres`;
  }, 120_000);

  afterAll(async () => {
    run("pg_ctl", ["-D", "data", "-m", "immediate", "stop"]);
    await rm(folder, { recursive: true, force: true });
    await closeOrigin(origin);
  });

  it("is restored into with the same answers, and backed up again", async () => {
    const drop = () => Promise.resolve();
    const { database } = await restoreTo([await backUp(origin.test.service.store)], {
      database: { url, drop },
    });
    const [shown] = await runSql<{ version: string }>("SELECT version()", url);
    expect(shown?.version).toContain(`PostgreSQL ${version ?? ""}.`);
    const after = await openTestApp({ database });
    const before = await answersOf(origin.test);
    expect(await answersOf(after)).toEqual(before);
    const { database: back } = await restoreTo([await backUp(after.service.store)]);
    expect(await answersOf(await openTestApp({ database: back }))).toEqual(before);
  });

  it("is named without its password where that is wrong", async () => {
    const wrong = url.replace(":right@", ":wrong@");
    const file = await backUp(origin.test.service.store);
    const failure = restoreTo([file], { database: { url: wrong, drop: () => Promise.resolve() } });
    await expect(failure).rejects.toThrow(
      /DATABASE_URL \(postgres:\/\/127.*\): password authentication failed/,
    );
  });
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};
