import type { OpenAPIHono } from "@hono/zod-openapi";
import { SESSION_COOKIE } from "./access.ts";

export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

const API_VERSION = "1";

/** The document of everything that was added to `app` by `endpoint`. */
export const describeApi = (app: OpenAPIHono): OpenApiDocument => {
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description:
      "The service's API_KEY or a key of `POST /v1/keys`. A service on loopback may have none; then nothing is required. " +
      "`x-scope` of an operation says what the key must allow.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
    description: "A session of a browser, from `POST /v1/session`.",
  });
  return app.getOpenAPI31Document(
    {
      openapi: "3.1.0",
      info: {
        title: "Anchorage",
        version: API_VERSION,
        description:
          "A vector store whose anchors are the model. Image-text pairs (anchors) under two frozen encoders give search " +
          "across modalities and classification without training; remove an anchor and the model has forgotten it. " +
          "Every failure is `application/problem+json` (RFC 9457).",
        license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      },
      security: [{ apiKey: [] }, { session: [] }, {}],
      tags: [
        { name: "collections", description: "A named set of anchors under one image and one text encoder." },
        { name: "anchors", description: "Image-text pairs: what a collection knows." },
        {
          name: "receipts",
          description: "What was deleted, since when nothing of it is left, and the proof.",
        },
        { name: "queries", description: "Read-only; every answer names the sequence it was computed at." },
        { name: "consensus", description: "Scorers and generators in a closed loop over a collection." },
        { name: "health", description: "What is wrong with a collection's anchors." },
        { name: "tuning", description: "A collection's settings by its own anchors, without labels." },
        { name: "reencoding", description: "Moving a collection to other encoders while it is used." },
        { name: "projection", description: "A map of a collection's anchors in the plane." },
        {
          name: "transferability",
          description:
            "Which model fits a dataset, before anyone fine-tunes one; everything is in the request.",
        },
        {
          name: "selections",
          description: "Which image encoder fits a collection or a dataset, by several scores.",
        },
        {
          name: "adapters",
          description:
            "Language models that see: features of encoders' layers, adapters, and what is generated.",
        },
        { name: "encoders", description: "The frozen networks that are installed here." },
        { name: "keys", description: "Who may use the service: keys with scopes, and sessions of browsers." },
        { name: "jobs", description: "Background work." },
        { name: "service", description: "Health, readiness, metrics." },
      ],
    },
    { unionPreferredType: "oneOf" },
  );
};
