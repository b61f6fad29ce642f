import { OpenAPIHono, z } from "@hono/zod-openapi";
import { expect, test } from "vitest";
import { OPEN } from "../../src/http/endpoint.ts";
import { addQuery, jsonEndpoint, type Routes } from "../../src/http/index.ts";
import { silentLog } from "../../src/log.ts";

// `tsc` checks this file: an error that does not occur where `@ts-expect-error` expects it fails the build.

const schema = z.strictObject({
  state: z.literal("done"),
  items: z.array(z.strictObject({ id: z.string(), score: z.number().optional() })).readonly(),
  metadata: z.record(z.string(), z.unknown()),
});
const route = { method: "get" as const, path: "/v1/toy", answer: { description: "It.", schema }, ...OPEN };
const query = { name: "toy", summary: "Toy", request: z.strictObject({}), answer: schema };
const answer = { state: "done" as const, items: [{ id: "a", score: 1 }], metadata: { any: { key: 1 } } };
const routes = (): Routes => ({ app: new OpenAPIHono(), bodyLimit: 1, log: silentLog });

test("an answer of known fields compiles, whatever its metadata holds", async () => {
  const { app } = routes();
  jsonEndpoint(app, route, async (c) =>
    c.req.query("file") === undefined ? Promise.resolve(answer) : c.body("a file"),
  );
  expect(await (await app.request("/v1/toy")).json()).toEqual(answer);
  expect(await (await app.request("/v1/toy?file")).text()).toBe("a file");
});

test("an answer with a field that its schema does not know fails to compile", () => {
  const { app } = routes();
  // @ts-expect-error `extra` is unknown
  jsonEndpoint(app, route, () => ({ ...answer, extra: 1 }));
  // @ts-expect-error the same in an answer that is awaited
  jsonEndpoint(app, route, () => Promise.resolve({ state: "done", items: [], metadata: {}, extra: 1 }));
  const items = [{ id: "a", extra: 1 }];
  // @ts-expect-error the same in an item of a list
  jsonEndpoint(app, route, () => ({ state: "done", items, metadata: {} }));
  // @ts-expect-error `items` is missing
  jsonEndpoint(app, route, () => ({ state: "done", metadata: {} }));
  expect(app.openAPIRegistry.definitions).toHaveLength(4);
});

test("an answer of a query with a field that its schema does not know fails to compile", () => {
  const all = routes();
  addQuery(all, { ...query, run: () => Promise.resolve(answer) });
  // @ts-expect-error `extra` is unknown
  addQuery(all, { ...query, run: () => Promise.resolve({ ...answer, extra: 1 }) });
  expect(all.app.openAPIRegistry.definitions).toHaveLength(2);
});
