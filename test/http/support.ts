import type { AddressInfo } from "node:net";
import { createServer, type RequestListener, type Server } from "node:http";
import { onTestFinished } from "vitest";
import { openCollections, type Core } from "../../src/collections/index.ts";
import { FEATURES, openFeatures, type Feature, type OpenedFeatures } from "../../src/features/index.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import type { Problem } from "../../src/api/problem.ts";
import { createApp, createListener, createMetrics } from "../../src/http/index.ts";
import { openJobs } from "../../src/collections/jobs/index.ts";
import type { Config } from "../../src/config.ts";
import { checkAnswers } from "../support/answer-contract.ts";
import { openTestStore, type TestDatabase } from "../support/postgres.ts";
import { collectingLog } from "../support/log.ts";

type App = ReturnType<typeof createApp>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

export interface TestApp {
  readonly app: App;
  /** What a server is given, as the service does. */
  readonly listener: RequestListener;
  readonly service: Core;
  readonly features: OpenedFeatures;
  /** What the service logged, defects among it. */
  readonly logged: string[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export const BASE = "http://localhost";
/** Of the collection `c` that most tests use, so that vectors are short enough to be read. */
export const IMAGE_DIMENSION = 3;
export const TEXT_DIMENSION = 2;

/** The real application over a database of its own, with the encoders of `folders`. */
export const openTestApp = async (
  options: Partial<
    Pick<
      Config,
      "host" | "apiKey" | "bodyLimitBytes" | "consensusHttpHosts" | "classificationMethods" | "dataDir"
    >
  > & {
    readonly folders?: readonly string[];
    readonly database?: TestDatabase;
    readonly patienceMs?: number;
    /** Where snapshots are; absent: there are none. */
    readonly indexDirectory?: string;
    /** Who may use it, as the settings say. */
    readonly access?: Partial<
      Pick<Config, "allowedOrigins" | "publicHosts" | "trustedProxy" | "userHeader" | "openDocs">
    >;
    /** In place of all features. */
    readonly features?: readonly Feature[];
  } = {},
): Promise<TestApp> => {
  const {
    folders = [],
    database,
    patienceMs,
    indexDirectory,
    features: plugged = FEATURES,
    host = "127.0.0.1",
    apiKey = null,
    bodyLimitBytes = 4 * 1024 * 1024,
    consensusHttpHosts = "",
    classificationMethods = "",
    dataDir,
    access = {},
  } = options;
  const logged: string[] = [];
  const log = collectingLog(logged);
  const store = await openTestStore(database, patienceMs === undefined ? {} : { patienceMs });
  const encoders = await openEncoderRegistry({ folders, log });
  const collections = await openCollections(store, encoders, log, true, indexDirectory);
  const jobs = await openJobs(store, log);
  const core: Core = {
    ...{ store, encoders, collections, jobs, log },
    settings: { dataDir: dataDir ?? null, consensusHttpHosts, classificationMethods, apiKey, audit: true },
  };
  const features = await openFeatures(core, plugged);
  const config = { host, apiKey, bodyLimitBytes, ...access };
  const metrics = createMetrics(core);
  const app = createApp(core, features, config, log, { metrics });
  checkAnswers(app);
  return {
    app,
    listener: createListener(app, { core, features, config, metrics, log }),
    features,
    service: core,
    logged,
    call: async (method, path, body, headers = {}) => {
      const json = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const response = await app.request(`${BASE}${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(json === undefined ? {} : { body: json }),
      });
      return { status: response.status, headers: response.headers, body: await parsed(response) };
    },
    close: async () => {
      await features.close();
      await jobs.close();
      await collections.close();
      await encoders.close();
      await store.close();
    },
  };
};

const parsed = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return text !== "" && /^application\/(problem\+)?json/.test(type) ? (JSON.parse(text) as unknown) : text;
};

export interface Listening {
  readonly url: string;
  readonly server: Server;
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export const listen = async ({ listener }: Pick<TestApp, "listener">): Promise<Listening> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

/** Makes a collection of external encoders with one anchor, `kept`, in it. */
export const createCollection = async (test: TestApp, name: string): Promise<void> => {
  await test.call("POST", "/v1/collections", {
    name,
    imageEncoder: { external: { dimension: IMAGE_DIMENSION } },
    textEncoder: { external: { dimension: TEXT_DIMENSION } },
  });
  await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors: [anchorOf("kept")] });
};

/** An anchor whose vectors follow from its id. */
export const anchorOf = (id: string) => {
  const seed = [...Buffer.from(id)].reduce((sum, byte) => (sum * 31 + byte) % 997, 7);
  return {
    id,
    text: `the caption of ${id}`,
    imageVector: [seed, 1, seed % 7],
    textVector: [1, seed % 11],
    metadata: { seed },
  };
};

/** Everything that a collection is known to hold, for tests that nothing changed. */
export const stateOf = async (test: TestApp): Promise<unknown> => {
  const { body } = await test.call("GET", "/v1/collections");
  const { collections } = body as { collections: { name: string }[] };
  return Promise.all(
    collections.map(async (collection) => ({
      collection,
      anchors: (await test.call("GET", `/v1/collections/${collection.name}/anchors?limit=1000&vectors=true`))
        .body,
    })),
  );
};

export const problemIn = (answer: Answer): Problem => answer.body as Problem;
/** The places that a problem names. */
export const pathsOf = (answer: Answer): string[] => (problemIn(answer).errors ?? []).map(({ path }) => path);
