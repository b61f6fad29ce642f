import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "@hono/zod-openapi";
import { problem } from "../../src/api/problem.ts";
import type { createApp } from "../../src/http/index.ts";

type App = Pick<ReturnType<typeof createApp>, "fetch" | "openAPIRegistry">;

/** An endpoint as it is documented, with the schemas of its JSON answers by status. */
export interface DocumentedRoute {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly answers: ReadonlyMap<number, z.ZodType>;
}

/** Every endpoint of an app, those with the most literal paths first. */
export const routesOf = ({ openAPIRegistry }: Pick<App, "openAPIRegistry">): DocumentedRoute[] =>
  openAPIRegistry.definitions
    .flatMap((definition) => (definition.type === "route" ? [definition.route] : []))
    .map(({ operationId = "", method, path, responses }) => ({
      operationId,
      method: method.toUpperCase(),
      path,
      answers: new Map(
        Object.entries(responses).flatMap(([status, response]): [number, z.ZodType][] => {
          const json = "content" in response ? response.content["application/json"] : undefined;
          const schema = json !== undefined && "schema" in json ? json.schema : undefined;
          return schema instanceof z.ZodType ? [[Number(status), schema]] : [];
        }),
      ),
    }))
    .sort((a, b) => placesIn(a.path) - placesIn(b.path));

const placesIn = (path: string): number => path.split("{").length;

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);

/** Where `RECORD_ANSWERS` names a folder, the shortest exchange with each endpoint is kept there. */
const RECORD = process.env.RECORD_ANSWERS;

const record = async (operationId: string, request: Request | undefined, answer: string): Promise<void> => {
  if (RECORD === undefined) return;
  const body = request === undefined ? "" : await request.text();
  const exchange = `{${body === "" ? "" : `"request":${body},`}"answer":${answer}}`;
  const file = join(RECORD, `${operationId}.json`);
  if (!existsSync(file) || readFileSync(file, "utf8").length > exchange.length) writeFileSync(file, exchange);
};

const isJson = (request: Request): boolean => request.headers.get("content-type") === "application/json";

/**
 * Has `app` check each JSON answer against the schema that the endpoint is documented by, and each refusal against the
 * schema of problems. An answer with a field that its schema does not know, or of a status that is not documented, is
 * thrown as an error in place of the response.
 *
 * Streams are not looked into: reading them ahead would change what the tests of streams see.
 *
 * @returns the operations that have been asked so far
 */
export const checkAnswers = (app: App): ReadonlySet<string> => {
  const asked = new Set<string>();
  const routes = routesOf(app).map((route) => ({ ...route, pattern: patternOf(route.path) }));
  const { fetch } = app;
  app.fetch = async (request, ...rest) => {
    const copy = RECORD !== undefined && isJson(request) ? request.clone() : undefined;
    const response = await fetch(request, ...rest);
    const type = response.headers.get("content-type")?.split(";")[0];
    const { method } = request;
    const { pathname } = new URL(request.url);
    if (method === "HEAD") return response;
    const route = routes.find((each) => each.method === method && each.pattern.test(pathname));
    if (route !== undefined) asked.add(route.operationId);
    if (type === "application/problem+json") await check(problem, response, `${method} ${pathname}`);
    else if (type === "application/json" && route !== undefined && route.operationId !== "openapi") {
      const schema = route.answers.get(response.status);
      if (schema === undefined)
        throw new Error(`${route.operationId} is not documented to answer ${response.status}`);
      const body = await check(schema, response, route.operationId);
      if (response.ok) await record(route.operationId, copy, body);
    }
    return response;
  };
  return asked;
};

const check = async (schema: z.ZodType, response: Response, what: string): Promise<string> => {
  const body = await response.clone().text();
  const { error } = schema.safeParse(JSON.parse(body));
  if (error === undefined) return body;
  throw new Error(
    `${what} answered ${response.status} otherwise than its schema says: ${z.prettifyError(error)}\n${body.slice(0, 1_000)}`,
  );
};
