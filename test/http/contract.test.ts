import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "@hono/zod-openapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routesOf, type DocumentedRoute } from "../support/answer-contract.ts";
import { openTestApp, type TestApp } from "./support.ts";

/**
 * A real exchange with each endpoint that answers with JSON. One is recorded, where a test asks the endpoint, by
 * `RECORD_ANSWERS=test/http/exchanges npx vitest run <the test> && npx prettier --write test/http/exchanges`.
 */
const EXCHANGES = join(import.meta.dirname, "exchanges");

interface Exchange {
  readonly request?: unknown;
  readonly answer: unknown;
}

const exchangeOf = (operationId: string): Exchange => {
  const file = join(EXCHANGES, `${operationId}.json`);
  if (!existsSync(file)) throw new Error(`${file} is missing: record an exchange, see contract.test.ts`);
  return JSON.parse(readFileSync(file, "utf8")) as Exchange;
};

type JsonSchema = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

let test: TestApp;
let document: Document;
let operations: ReadonlyMap<string, Operation>;
let routes: readonly DocumentedRoute[];

beforeAll(async () => {
  test = await openTestApp();
  document = (await test.call("GET", "/openapi.json")).body as Document;
  operations = new Map(
    Object.values(document.paths).flatMap((item) =>
      Object.values(item).map((operation) => [operation.operationId, operation] as const),
    ),
  );
  routes = routesOf(test.app).filter(({ answers }) => [...answers.keys()].some((status) => status < 300));
});

afterAll(() => test.close());

const REFERENCE = "#/components/schemas/";

/** What the OpenAPI document says of a value, for whoever has only the document. */
const validatorOf = (schema: JsonSchema): z.ZodType => {
  const local = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(REFERENCE, "#/$defs/")) as unknown;
  return z.fromJSONSchema({
    ...(local(schema) as z.core.JSONSchema.JSONSchema),
    $defs: local(document.components.schemas) as Record<string, z.core.JSONSchema.JSONSchema>,
  });
};

const faultsOf = (schema: z.ZodType, value: unknown): string => {
  const { error } = schema.safeParse(value);
  return error === undefined ? "" : z.prettifyError(error);
};

describe("an exchange with each endpoint that answers with JSON", () => {
  it("is kept for every one of them and for no other", () => {
    expect(readdirSync(EXCHANGES).sort()).toEqual(
      routes.map(({ operationId }) => `${operationId}.json`).sort(),
    );
  });

  it("is as the schemas of the answers say, without an unknown field", () => {
    for (const { operationId, answers } of routes) {
      const { answer } = exchangeOf(operationId);
      const [schema] = [...answers].flatMap(([status, each]) => (status < 300 ? [each] : []));
      expect(schema && faultsOf(schema, answer), operationId).toBe("");
    }
  });

  it("is as the OpenAPI document says, request and answer", () => {
    for (const { operationId } of routes) {
      const { request, answer } = exchangeOf(operationId);
      const { requestBody, responses } = operations.get(operationId) ?? { responses: {} };
      const ok = Object.entries(responses).find(([status]) => Number(status) < 300)?.[1];
      const answered = ok?.content?.["application/json"]?.schema;
      expect(answered && faultsOf(validatorOf(answered), answer), `${operationId}: answer`).toBe("");
      const asked = requestBody?.content["application/json"]?.schema;
      if (asked !== undefined)
        expect(faultsOf(validatorOf(asked), request), `${operationId}: request`).toBe("");
    }
  });
});

describe("the schema of an answer", () => {
  it("refuses a field that it does not know, here and in the OpenAPI document", () => {
    for (const { operationId, answers } of routes) {
      const answer = { ...(exchangeOf(operationId).answer as object), surprise: 1 };
      const [status, schema] = [...answers].find(([each]) => each < 300) ?? [];
      expect(schema && faultsOf(schema, answer), operationId).toContain("surprise");
      const response = operations.get(operationId)?.responses[String(status)];
      const described = response?.content?.["application/json"]?.schema;
      expect(described && faultsOf(validatorOf(described), answer), operationId).not.toBe("");
    }
  });

  it("knows every field: no object of it is open", () => {
    for (const { operationId } of routes) {
      const responses = operations.get(operationId)?.responses ?? {};
      for (const [status, { content }] of Object.entries(responses)) {
        const schema = content?.["application/json"]?.schema;
        if (schema !== undefined && Number(status) < 300)
          expect(openObjectsIn(schema, document.components.schemas), `${operationId} ${status}`).toEqual([]);
      }
    }
  });
});

/** Objects with properties of their own that allow others beside. */
const openObjectsIn = (schema: JsonSchema, schemas: Document["components"]["schemas"]): string[] => {
  const seen = new Set<string>();
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { $ref, properties, additionalProperties } = value as JsonSchema;
    if (properties !== undefined && additionalProperties !== false) found.push(path);
    if (typeof $ref === "string") {
      const name = $ref.slice(REFERENCE.length);
      if (seen.has(name)) return;
      seen.add(name);
      walk(schemas[name], name);
    }
    for (const [key, part] of Object.entries(value)) if (key !== "example") walk(part, `${path}.${key}`);
  };
  walk(schema, "answer");
  return found;
};
