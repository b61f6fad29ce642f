import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wantCollection, openApplication, type Application } from "../../../src/cli/application/index.ts";
import { readConfig } from "../../../src/config.ts";
import { lockDataDir } from "../../../src/store/index.ts";
import type { AnchorId, CollectionName } from "../../../src/types.ts";
import { listen, openTestApp, type TestApp } from "../../http/support.ts";
import { QUICK, writeEncoders } from "../import/encoders.ts";
import { picture } from "../import/support.ts";
import { freshDatabase, temporaryDirectory, type TestDatabase } from "../../support/postgres.ts";

const BIRDS = "birds" as CollectionName;
const silent = (): void => undefined;
const idsOf = (...ids: string[]): AnchorId[] => ids as AnchorId[];

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

const ways: readonly [string, () => Promise<Application>][] = [
  [
    "a running service",
    async () => {
      const { url } = await listen(service);
      return openApplication({ url, config: readConfig({ DATA_DIR: root }), log: silent });
    },
  ],
  [
    "a DATA_DIR of its own",
    () =>
      openApplication({
        url: undefined,
        config: readConfig({ DATA_DIR: root, DATABASE_URL: database.url }),
        log: silent,
      }),
  ],
];

describe.each(ways)("an application on %s", (_, open) => {
  it("stores, tells what it has, classifies and gives vectors", async () => {
    const application = await open();
    try {
      const spec = { name: BIRDS, imageEncoder: QUICK, transform: "none" } as const;
      await (await wantCollection(application, spec, { create: true, log: silent })).ensure();
      const [red, blue] = await Promise.all([picture(0), picture(240)]);
      const anchors = [
        { id: "red" as AnchorId, text: "a robin", image: red, metadata: { size: 1 } },
        { id: "blue" as AnchorId, text: "a jay", image: blue },
      ];
      expect(await application.putAnchors(BIRDS, anchors)).toEqual({ sequence: 1, upserted: 2 });
      expect(await application.existingIds(BIRDS, idsOf("red", "green"))).toEqual(new Set(["red"]));
      const { results } = await application.classify(BIRDS, {
        images: [{ image: blue }],
        classes: [{ name: "a robin" }, { name: "a jay" }],
        explain: 1,
      });
      expect(results[0]).toMatchObject({
        classes: [{ name: "a jay" }, { name: "a robin" }],
        explanation: [{ anchor: "blue", text: "a jay" }],
      });
      const all = [];
      for await (const anchor of application.anchorsWithVectors(BIRDS)) all.push(anchor);
      expect(all).toMatchObject([{ id: "blue" }, { id: "red", metadata: { size: 1 } }]);
      expect(all[0]?.imageVector).toHaveLength(192);
      const info = await application.get(BIRDS);
      expect(info).toMatchObject({ anchorCount: 2, createdAt: expect.any(Date) as Date });
      const encoder = service.service.encoders.get(QUICK, "image");
      expect(await application.encoderHashes(info)).toMatchObject({ image: encoder.sha256 });
    } finally {
      await application.close();
    }
  });

  it("refuses with the domain's errors", async () => {
    const application = await open();
    try {
      const nowhere = "nowhere" as CollectionName;
      await expect(application.get(nowhere)).rejects.toMatchObject({ code: "not-found" });
      const wrong = [{ id: "x" as AnchorId, text: "x", image: Uint8Array.of(1, 2, 3) }];
      await expect(application.putAnchors(BIRDS, wrong)).rejects.toMatchObject({
        code: "invalid-input",
        faults: [{ path: expect.stringMatching(/^anchors\.0\.image/) as string }],
      });
      const options = { create: false, log: silent };
      await expect(wantCollection(application, { name: nowhere }, options)).rejects.toMatchObject({
        code: "not-found",
      });
      await expect(
        wantCollection(application, { name: BIRDS, transform: "whiten" }, options),
      ).rejects.toThrow('collection "birds" is there, and its transform is "none"');
    } finally {
      await application.close();
    }
  });
});

describe("an application whose DATA_DIR another process holds", () => {
  it("asks the service that listens by the same settings, and says so", async () => {
    const dataDir = await temporaryDirectory();
    const lock = await lockDataDir(dataDir);
    const { url } = await listen(service);
    const told: string[] = [];
    const config = readConfig({ DATA_DIR: dataDir, PORT: new URL(url).port });
    const application = await openApplication({ url: undefined, config, log: (line) => told.push(line) });
    expect([application.where, told]).toEqual([url, [`${dataDir} is in use; asking the service at ${url}`]]);
    await lock.release();
  });

  it("is refused where no service answers", async () => {
    const dataDir = await temporaryDirectory();
    const lock = await lockDataDir(dataDir);
    const config = readConfig({ DATA_DIR: dataDir, PORT: "1" });
    await expect(openApplication({ url: undefined, config, log: silent })).rejects.toMatchObject({
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
    const application = await openApplication({ url: below, config: readConfig({}), log: silent });
    expect(await application.get(BIRDS)).toMatchObject({ name: BIRDS });
  });
});

describe("a service that wants a key", () => {
  it.each([undefined, "the-wrong-key-of-16"])(
    "tells that API_KEY is to be set where it is %s",
    async (key) => {
      const locked = await openTestApp({ apiKey: "the-right-key-of-16" });
      onTestFinished(() => locked.close());
      const { url } = await listen(locked);
      const config = readConfig({ DATA_DIR: root, API_KEY: key });
      const application = await openApplication({ url, config, log: silent });
      await expect(application.get(BIRDS)).rejects.toMatchObject({
        code: "unauthorized",
        message: `${url} wants a key: set API_KEY to the one that the service was started with`,
      });
    },
  );
});

describe("an address at which no Anchorage answers", () => {
  it("is refused by name", async () => {
    const config = readConfig({ DATA_DIR: root });
    await expect(openApplication({ url: "http://127.0.0.1:1", config, log: silent })).rejects.toMatchObject({
      code: "unavailable",
      message: "No Anchorage service answers at http://127.0.0.1:1.",
    });
  });
});
