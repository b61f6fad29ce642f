import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConnection, type Connection } from "../../src/cli/open.ts";
import { wantCollection } from "../../src/features/importing/want-collection.ts";
import { readConfig } from "../../src/config.ts";
import { announceService, lockDataDir, serviceOfDataDir } from "../../src/store/index.ts";
import { imageOf } from "../../src/features/client.ts";
import { listen, openTestApp, type TestApp } from "../http/support.ts";
import { QUICK, writeEncoders } from "../features/importing/encoders.ts";
import { picture } from "../features/importing/support.ts";
import { freshDatabase, temporaryDirectory, type TestDatabase } from "../support/postgres.ts";
import { collectingLog, silentLog } from "../support/log.ts";

const BIRDS = "birds";

let root: string;
let service: TestApp;
let database: TestDatabase;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  await writeEncoders(join(root, "encoders"));
  service = await openTestApp({ folders: [join(root, "encoders")] });
  database = await freshDatabase();
});

afterAll(async () => {
  await service.close();
  await database.drop();
  await rm(root, { recursive: true });
});

const ways: readonly [string, () => Promise<Connection>][] = [
  [
    "a running service",
    async () => {
      const { url } = await listen(service);
      return openConnection({ url, config: readConfig({ DATA_DIR: root }), log: silentLog });
    },
  ],
  [
    "a DATA_DIR of its own",
    () =>
      openConnection({
        url: undefined,
        config: readConfig({ DATA_DIR: root, DATABASE_URL: database.url }),
        log: silentLog,
      }),
  ],
];

describe.each(ways)("the client of a command on %s", (_, open) => {
  it("stores, tells what it has, classifies and gives vectors", async () => {
    const client = await open();
    try {
      const spec = { name: BIRDS, imageEncoder: QUICK, transform: "none" } as const;
      await (await wantCollection(client, spec, { create: true, log: silentLog })).ensure();
      const [red, blue] = (await Promise.all([picture(0), picture(240)])).map(imageOf);
      const birds = client.collection(BIRDS);
      const anchors = [
        { id: "red", text: "a robin", image: red ?? expect.fail(), metadata: { size: 1 } },
        { id: "blue", text: "a jay", image: blue ?? expect.fail() },
      ];
      expect(await birds.putAnchors(anchors)).toEqual({ sequence: 1, upserted: 2 });
      expect(await birds.existingAnchors(["red", "green"])).toEqual(["red"]);
      const { results } = await birds.classify({
        images: [{ image: blue ?? expect.fail() }],
        classes: [{ name: "a robin" }, { name: "a jay" }],
        explain: 1,
      });
      expect(results[0]).toMatchObject({
        classes: [{ name: "a jay" }, { name: "a robin" }],
        explanation: [{ anchor: "blue", text: "a jay" }],
      });
      const all = [];
      for await (const anchor of birds.listAnchors({ vectors: true })) all.push(anchor);
      expect(all).toMatchObject([{ id: "blue" }, { id: "red", metadata: { size: 1 } }]);
      expect(all[0]?.imageVector).toHaveLength(192);
      const { sha256 } = service.service.encoders.get(QUICK, "image");
      expect(await birds.get()).toMatchObject({
        anchorCount: 2,
        createdAt: expect.any(String) as string,
        encoders: {
          image: { id: QUICK, sha256, dimension: 192 },
          text: { id: expect.any(String) as string },
        },
      });
    } finally {
      await client.close();
    }
  });

  it("refuses with the domain's errors", async () => {
    const client = await open();
    try {
      await expect(client.collection("nowhere").get()).rejects.toMatchObject({ code: "not-found" });
      const wrong = [{ id: "x", text: "x", image: imageOf(Uint8Array.of(1, 2, 3)) }];
      await expect(client.collection(BIRDS).putAnchors(wrong)).rejects.toMatchObject({
        code: "invalid-input",
        faults: [{ path: ["anchors", 0, "image"] }],
      });
      const options = { create: false, log: silentLog };
      await expect(wantCollection(client, { name: "nowhere" }, options)).rejects.toMatchObject({
        code: "not-found",
        message: `There is no collection "nowhere". There are: ${BIRDS}.`,
      });
      await expect(wantCollection(client, { name: BIRDS, transform: "whiten" }, options)).rejects.toThrow(
        'collection "birds" is there, and its transform is "none"',
      );
    } finally {
      await client.close();
    }
  });
});

describe("a command whose DATA_DIR another process holds", () => {
  it("asks the service that listens by the same settings, and says so", async () => {
    const dataDir = await temporaryDirectory();
    const lock = await lockDataDir(dataDir);
    const { url } = await listen(service);
    const told: string[] = [];
    const config = readConfig({ DATA_DIR: dataDir, PORT: new URL(url).port });
    const client = await openConnection({ url: undefined, config, log: collectingLog(told) });
    expect([client.where, told]).toEqual([url, [`${dataDir} is in use; asking the service at ${url}`]]);
    await lock.release();
  });

  it("asks the service on another port that the lock names", async () => {
    const dataDir = await temporaryDirectory();
    const lock = await lockDataDir(dataDir);
    const { url } = await listen(service);
    await announceService(dataDir, url);
    const config = readConfig({ DATA_DIR: dataDir, PORT: "1" });
    const client = await openConnection({ url: undefined, config, log: silentLog });
    expect(client.where).toBe(url);
    await lock.release();
    expect(await serviceOfDataDir(dataDir)).toBeNull();
  });

  it("is refused where no service answers", async () => {
    const dataDir = await temporaryDirectory();
    const lock = await lockDataDir(dataDir);
    const config = readConfig({ DATA_DIR: dataDir, PORT: "1" });
    await expect(openConnection({ url: undefined, config, log: silentLog })).rejects.toMatchObject({
      code: "data-dir-busy",
      message:
        `${dataDir} is in use by process ${process.pid}. Stop that process, or set DATA_DIR to another directory. ` +
        "No service answers at http://127.0.0.1:1; one that listens elsewhere can be given by --url.",
    });
    await lock.release();
  });
});

describe("a service below a path", () => {
  it("is found and asked there", async () => {
    const { url } = await listen(service);
    const proxy = createServer((request, response) => {
      const path = request.url ?? "";
      if (!path.startsWith("/anchorage/")) return response.writeHead(404).end();
      return void fetch(`${url}${path.slice("/anchorage".length)}`).then(async (answer) => {
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
        response.end(await answer.text());
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const below = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/anchorage/`;
    const client = await openConnection({ url: below, config: readConfig({}), log: silentLog });
    expect(await client.collection(BIRDS).get()).toMatchObject({ name: BIRDS });
  });
});

describe("a service that wants a key", () => {
  it.each([undefined, "the-wrong-key-of-16"])("says how to give a key where API_KEY is %s", async (key) => {
    const locked = await openTestApp({ apiKey: "the-right-key-of-16" });
    onTestFinished(() => locked.close());
    const { url } = await listen(locked);
    const config = readConfig({ DATA_DIR: root, API_KEY: key });
    const client = await openConnection({ url, config, log: silentLog });
    await expect(client.collection(BIRDS).get()).rejects.toMatchObject({
      code: "unauthorized",
      message: `${url} requires a key: give it by --api-key or ANCHORAGE_API_KEY: the API_KEY of the service, or one of \`anchorage keys\``,
    });
  });
});

describe("an address at which no Anchorage answers", () => {
  it("is refused by name", async () => {
    const config = readConfig({ DATA_DIR: root });
    await expect(openConnection({ url: "http://127.0.0.1:1", config, log: silentLog })).rejects.toMatchObject(
      {
        code: "unavailable",
        message: "No Anchorage service answers at http://127.0.0.1:1.",
      },
    );
  });
});
