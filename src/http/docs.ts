import type { OpenAPIHono } from "@hono/zod-openapi";
import { DOCS_SCRIPT } from "./docs-form.ts";
import { renderDocs } from "./docs-page.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { endpoint, OPEN } from "./endpoint.ts";
import { describeApi, type OpenApiDocument } from "./openapi.ts";

const tags = ["service"];
/** The page runs its own script alone, and asks this service alone. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The OpenAPI document and the page that shows it. Added last: the document lists what was added before. */
export const addDocs = (app: OpenAPIHono): void => {
  let known: OpenApiDocument | undefined;
  let page: ReturnType<typeof renderDocs> | undefined;
  const document = (): OpenApiDocument => (known ??= describeApi(app));

  endpoint(
    app,
    {
      method: "get",
      path: "/openapi.json",
      tags,
      operationId: "openapi",
      summary: "This description, for programs",
      responses: {
        200: {
          description: "OpenAPI 3.1.",
          content: { "application/json": { schema: { type: "object" } } },
        },
      },
      ...OPEN,
    },
    (c) => c.json(document()),
  );

  endpoint(
    app,
    {
      method: "get",
      path: "/docs",
      tags,
      operationId: "docs",
      summary: "This description, for people",
      responses: {
        200: { description: "A page.", content: { "text/html": { schema: { type: "string" } } } },
      },
      ...OPEN,
    },
    (c) => {
      page ??= renderDocs(document());
      return c.html(page, 200, { "Content-Security-Policy": PAGE_POLICY });
    },
  );

  app.get("/docs/script.js", (c) =>
    c.body(DOCS_SCRIPT, 200, { "Content-Type": "text/javascript; charset=utf-8" }),
  );
  app.get("/docs/style.css", (c) => c.body(DOCS_STYLE, 200, { "Content-Type": "text/css; charset=utf-8" }));
};
