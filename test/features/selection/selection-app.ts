import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { z } from "@hono/zod-openapi";
import { selection } from "../../../src/features/selection/api/selection-answer.ts";
import { job } from "../../../src/api/service.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { pictureAnchors, writeSmallEncoders } from "./selection-data.ts";
import { openTestApp, type TestApp } from "../../http/support.ts";

export const SELECTIONS = "/v1/selections";

/** An application with small encoders, and what is asked of it here. */
export interface SelectionApp extends TestApp {
  readonly database: TestDatabase;
  /** Of its encoders. */
  readonly folder: string;
  /** Makes a collection of so many picture anchors. */
  readonly fill: (name: string, count: number) => Promise<void>;
  /** @returns the id of the selection that is started */
  readonly started: (request: object) => Promise<string>;
  readonly finished: (request: object) => Promise<z.output<typeof selection>>;
}

export const openSelectionApp = async (): Promise<SelectionApp> => {
  const folder = await writeSmallEncoders(await mkdtemp(join(tmpdir(), "anchorage-")));
  const database = await freshDatabase();
  const test = await openTestApp({ folders: [folder], database });
  const started = async (request: object): Promise<string> => {
    const { status, body, headers } = await test.call("POST", SELECTIONS, request);
    expect([status, body]).toMatchObject([202, { kind: "selection" }]);
    const { id } = job.parse(body);
    expect(headers.get("location")).toBe(`${SELECTIONS}/${id}`);
    return id;
  };
  return {
    ...test,
    database,
    folder,
    fill: async (name, count) => {
      await test.call("POST", "/v1/collections", { name, imageEncoder: "colours", textEncoder: "words" });
      const anchors = await pictureAnchors(count);
      const put = await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors });
      expect(put.status).toBe(200);
    },
    started,
    finished: async (request) => {
      const id = await started(request);
      expect(await test.service.jobs.settled(id)).toMatchObject({ state: "done", error: null });
      return selection.parse((await test.call("GET", `${SELECTIONS}/${id}`)).body);
    },
    close: async () => {
      await test.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
};
