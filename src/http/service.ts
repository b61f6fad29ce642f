import { createRequire } from "node:module";
import type { Core } from "../collections/index.ts";
import { answerJson, endpoint, jsonOf, OPEN, problems, type Routes } from "./endpoint.ts";
import type { Metrics } from "./metrics.ts";
import type { Page } from "./page.ts";
import { about, health, readiness, type About, type Health, type Readiness } from "../api/service.ts";

const require = createRequire(import.meta.url);
const { version: VERSION } = require("../../package.json") as { readonly version: string };

const tags = ["service"];

export const addService = (
  { app }: Routes,
  { collections }: Pick<Core, "collections">,
  metrics: Metrics,
  page: Page,
): void => {
  endpoint(
    app,
    {
      method: "get",
      path: "/",
      tags,
      operationId: "about",
      summary: "What this is, and where to go on; a browser gets the page",
      responses: {
        200: {
          description:
            "What this is; for whoever accepts HTML the page, or 503 and what to run where it is not built.",
          content: { "application/json": { schema: about }, "text/html": { schema: { type: "string" } } },
        },
      },
      ...OPEN,
    },
    (c) =>
      (c.req.header("accept") ?? "").includes("text/html")
        ? page.answer(c)
        : answerJson(c, {
            name: "Anchorage",
            description: "A vector store whose anchors are the model.",
            version: VERSION,
            docs: "/docs",
            openapi: "/openapi.json",
            collections: "/v1/collections",
          } satisfies About),
  );

  page.addAssets(app);

  endpoint(
    app,
    {
      method: "get",
      path: "/healthz",
      tags,
      operationId: "health",
      summary: "Whether the process is up",
      responses: { 200: jsonOf("It is.", health) },
      ...OPEN,
    },
    (c) => answerJson(c, { status: "ok" } satisfies Health),
  );

  endpoint(
    app,
    {
      method: "get",
      path: "/readyz",
      tags,
      operationId: "readiness",
      summary: "Whether every index has caught up",
      responses: {
        200: jsonOf("Ready.", readiness),
        503: {
          description: "Not yet, or Postgres does not answer (then a problem).",
          content: { "application/json": { schema: readiness } },
        },
      },
      ...OPEN,
    },
    async (c) => {
      const loading = (await collections.behind()).length;
      if (loading === 0) return answerJson(c, { ready: true, loading } satisfies Readiness);
      c.header("Retry-After", "1");
      return answerJson(c, { ready: false, loading } satisfies Readiness, 503);
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
