import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openService, type Service } from "../../src/anchorage.ts";
import { openAnchorage, type Anchorage } from "../../src/index.ts";
import {
  AnchorageApiError,
  createClient,
  type AnchorageClient,
  type CollectionClient,
} from "../../src/features/client.ts";
import { createApp } from "../../src/http/index.ts";
import { writeEyes } from "../features/epalm/service/eyes.ts";
import { writeSmallEncoders } from "../features/selection/selection-data.ts";
import { defaultEncoders } from "../support/encoders.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { checkAnswers, routesOf } from "../support/answer-contract.ts";
import { uses } from "./calls.ts";
import { silentLog } from "../support/log.ts";

let root: string;
let databases: readonly TestDatabase[];
let service: Service;
let stop: () => void;
let here: Anchorage;
let overHttp: AnchorageClient;
/** Every operation of the OpenAPI document, and those that the client over HTTP has asked. */
let operations: readonly string[];
let asked: ReadonlySet<string>;

const dataDir = async (name: string): Promise<string> => {
  const encoders = join(root, name, "encoders");
  await mkdir(encoders, { recursive: true });
  await writeSmallEncoders(encoders);
  await writeEyes(encoders);
  const defaults = await defaultEncoders();
  for (const file of await readdir(defaults)) await symlink(join(defaults, file), join(encoders, file));
  return join(root, name);
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-"));
  const [one, other] = (databases = [await freshDatabase(), await freshDatabase()]);
  const config = { dataDir: await dataDir("served"), databaseUrl: one?.url ?? "" };
  service = await openService(config, silentLog);
  const settings = { host: "127.0.0.1", apiKey: null, bodyLimitBytes: 2 ** 20 };
  const app = createApp(service.core, service.features, settings, silentLog);
  asked = checkAnswers(app);
  operations = routesOf(app).map(({ operationId }) => operationId);
  const url = await new Promise<string>((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    stop = () => void server.close();
  });
  overHttp = createClient({ url });
  here = await openAnchorage({
    dataDir: await dataDir("here"),
    databaseUrl: other?.url ?? "",
    preload: true,
  });
});

afterAll(async () => {
  stop();
  await service.close();
  await here.close();
  for (const database of databases) await database.drop();
  await rm(root, { recursive: true });
});

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
/** What two installations cannot have in common, because it is measured or because a time is in it. */
const MEASURED = new Set(["tookMs", "estimateMs", "otherMs", "ms"]);
/** Of receipts, which are salted. */
const HASH = /\b([0-9a-f]{64}|[0-9a-f]{32})\b/g;

const comparable = (value: unknown): unknown => {
  const bytes = value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value;
  const text = JSON.stringify([bytes], (key, item: unknown) => (MEASURED.has(key) ? "measured" : item));
  return JSON.parse(text.replace(UUID, "<id>").replace(INSTANT, "<time>").replace(HASH, "<hash>")) as unknown;
};

const outcomeOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    return { answer: comparable(await call) };
  } catch (error) {
    if (!(error instanceof AnchorageApiError)) throw error;
    const { name, code, status, message, faults, problem } = error;
    return { error: comparable({ name, code, status, message, faults, problem }) };
  }
};

/** The client, which notes the methods that are called of it. */
const noting = <Client extends object>(client: Client, called: Set<string>): Client =>
  new Proxy(client, {
    get: (target, key, receiver) => {
      called.add(String(key));
      return Reflect.get(target, key, receiver) as unknown;
    },
  });

describe("the client in this process", () => {
  it("answers and refuses as the one over HTTP does, in every method", async () => {
    const called = { service: new Set<string>(), collection: new Set<string>() };
    const noted: AnchorageClient = noting(
      {
        ...here,
        collection: (name: string): CollectionClient => noting(here.collection(name), called.collection),
      },
      called.service,
    );
    const served = uses();
    for (const [at, [what, use]] of uses().entries()) {
      const local = await outcomeOf(use(noted));
      expect(local, what).toEqual(
        await outcomeOf(served[at]?.[1](overHttp) ?? Promise.reject(new Error(what))),
      );
    }
    expect([...called.service, "close"].sort()).toEqual(Object.keys(here).sort());
    expect([...called.collection].sort()).toEqual(Object.keys(here.collection("c")).sort());
    // What the client is called for reaches every operation but those for people and probes.
    const others = ["docs", "health", "openapi"];
    expect(operations.filter((operation) => !asked.has(operation)).sort()).toEqual(others);
  });
});
