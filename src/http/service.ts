import { createRequire } from "node:module";
import type { Core } from "../collections/index.ts";
import { endpoint, jsonEndpoint, OPEN, problems, type Routes } from "./endpoint.ts";
import type { Metrics } from "./metrics.ts";
import type { Page } from "./page.ts";
import { about, health, readiness } from "../api/service.ts";

const require = createRequire(import.meta.url);
const { version: VERSION } = require("../../package.json") as { readonly version: string };

const tags = ["service"];

export const addService = (
  { app }: Routes,
  { collections }: Pick<Core, "collections">,
  metrics: Metrics,
  page: Page,
): void => {
  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/",
      tags,
      operationId: "about",
      summary: "What this is, and where to go on; a browser gets the page",
      answer: {
        description:
          "What this is; a caller that accepts HTML gets the page, or 503 and what to run where it is not built.",
        schema: about,
        content: { "text/html": { schema: { type: "string" } } },
      },
      ...OPEN,
    },
    async (c) =>
      (c.req.header("accept") ?? "").includes("text/html")
        ? await page.answer(c)
        : {
            name: "Anchorage",
            description: "A vector store whose anchors are the model.",
            version: VERSION,
            docs: "/docs",
            openapi: "/openapi.json",
            collections: "/v1/collections",
          },
  );

  page.addAssets(app);

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/healthz",
      tags,
      operationId: "health",
      summary: "Whether the process is up",
      answer: { description: "It is.", schema: health },
      ...OPEN,
    },
    () => ({ status: "ok" }),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/readyz",
      tags,
      operationId: "readiness",
      summary: "Whether every index has caught up",
      answer: {
        description: "Ready.",
        schema: readiness,
        others: { 503: "Not yet, or Postgres does not answer (then a problem)." },
      },
      ...OPEN,
    },
    async (c) => {
      const loading = (await collections.behind()).length;
      if (loading === 0) return { ready: true, loading };
      c.header("Retry-After", "1");
      c.status(503);
      return { ready: false, loading };
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path: "/metrics",
      tags,
      operationId: "metrics",
      summary: "Metrics for Prometheus",
      responses: {
        200: {
          description: "Prometheus's text format.",
          content: { "text/plain": { schema: { type: "string" } } },
        },
        ...problems(),
      },
    },
    async (c) => c.body(await metrics.text(), 200, { "Content-Type": metrics.contentType }),
  );
};
