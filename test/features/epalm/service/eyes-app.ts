import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { job } from "../../../../src/api/service.ts";
import type { EncoderId } from "../../../../src/types.ts";
import { pictureAnchors, writeSmallEncoders } from "../../selection/selection-data.ts";
import { BASE, openTestApp, type TestApp } from "../../../http/support.ts";
import { freshDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { writeEyes } from "./eyes.ts";

export const BLOCKS = ["eyes#block-0", "eyes#block-1"];

/** An application whose image encoder `eyes` has two layers. */
export interface EyesApp extends TestApp {
  readonly database: TestDatabase;
  /** Of the decoders. */
  readonly folder: string;
  /** Makes a collection of so many picture anchors under `eyes` and `words`. */
  readonly fill: (name: string, count: number) => Promise<void>;
  /** Has a collection's features made. */
  readonly feature: (name: string, body?: object) => Promise<void>;
  /** The bytes of an answer. */
  readonly fetch: (
    path: string,
    body: object,
  ) => Promise<{ status: number; headers: Headers; bytes: Uint8Array }>;
  /** What a layer makes of an anchor's stored image. */
  readonly seen: (name: string, anchor: string, layer: string) => Promise<number[]>;
}

export const openEyesApp = async (): Promise<EyesApp> => {
  const folder = await mkdtemp(join(tmpdir(), "anchorage-"));
  const encoders = join(folder, "encoders");
  await writeSmallEncoders(encoders);
  await writeEyes(encoders);
  const database = await freshDatabase();
  const test = await openTestApp({ folders: [encoders], database, dataDir: folder });
  return {
    ...test,
    database,
    folder: join(folder, "decoders"),
    fill: async (name, count) => {
      await test.call("POST", "/v1/collections", { name, imageEncoder: "eyes", textEncoder: "words" });
      const put = await test.call("PUT", `/v1/collections/${name}/anchors`, {
        anchors: await pictureAnchors(count),
      });
      expect(put.status).toBe(200);
    },
    feature: async (name, body = {}) => {
      const { status, body: started } = await test.call("POST", `/v1/collections/${name}/features`, body);
      expect([status, started]).toMatchObject([202, { kind: "features", subject: name }]);
      const ended = await test.service.jobs.settled(job.parse(started).id);
      expect(ended).toMatchObject({ state: "done", error: null });
    },
    fetch: async (path, body) => {
      const response = await test.app.request(`${BASE}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, bytes };
    },
    seen: async (name, anchor, layer) => {
      const response = await test.app.request(
        `${BASE}/v1/collections/${name}/anchors/${anchor}/image?size=original`,
      );
      const image = new Uint8Array(await response.arrayBuffer());
      const [row] = await test.service.encoders.encodeImagesByAll([layer as EncoderId], [image]);
      return [...(row ?? [])];
    },
    close: async () => {
      await test.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
};
