import type { OpenAPIHono, RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { problem } from "../api/problem.ts";
import { authorize, type Scope } from "./access.ts";
import { faultyFields } from "../errors.ts";
import type { Log } from "../types.ts";
import { isLargeAnswer, streamJson, jsonTextOf } from "./json-answer.ts";
import { parseWith } from "./body.ts";

/** Where endpoints are added, and the limits that they keep to. */
export interface Routes {
  readonly app: OpenAPIHono;
  /** Of one body, in bytes. */
  readonly bodyLimit: number;
  readonly log: Log;
}

export type Handler = (c: Context) => Response | Promise<Response>;

/** Which callers may use an endpoint. */
export interface RouteAccess {
  /** What the caller's key must allow; absent: `read` for GET, `admin` for any other method. */
  readonly scope?: Scope;
  /**
   * Whether a key for named collections may use an endpoint whose path names no collection: it shows nothing of
   * collections, or checks each by the caller.
   */
  readonly everywhere?: boolean;
}

/**
 * Answers `route` with `handler` and puts it into the OpenAPI document.
 *
 * The library's own validators are not used: they read a body without a limit and cannot say where its JSON breaks.
 * Handlers parse by the same schemas that the document is made from.
 */
export const endpoint = (
  app: OpenAPIHono,
  { scope: given, everywhere = false, ...route }: RouteConfig & RouteAccess,
  handler: Handler,
): void => {
  const scope = given ?? (route.method === "get" ? "read" : "admin");
  app.openAPIRegistry.registerPath({ ...route, "x-scope": scope });
  const id = route.operationId ?? `${route.method} ${route.path}`;
  app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (c) => {
    const collection = c.req.param("collection") ?? null;
    c.set("operation", { id, scope, collection });
    if (route.security !== OPEN.security) authorize(c.get("caller"), scope, collection, everywhere);
    return handler(c);
  });
};

/** An endpoint that answers with JSON. */
export interface JsonRoute<Answer extends z.ZodType> extends Omit<RouteConfig, "responses">, RouteAccess {
  readonly answer: {
    readonly description: string;
    readonly schema: Answer;
    /** 200 where absent. */
    readonly status?: 200 | 201 | 202;
    /** Other statuses of the same schema, with their descriptions; the handler sets one by `c.status`. */
    readonly others?: Readonly<Partial<Record<200 | 201 | 503, string>>>;
    /** Other media types; the handler answers these with a `Response`. */
    readonly content?: Readonly<Record<string, { readonly schema: z.ZodType | StringSchema }>>;
  };
  /** The statuses of problems that it can answer with, beside those of every endpoint; absent where none occurs. */
  readonly problems?: readonly ProblemStatus[];
}

interface StringSchema {
  readonly type: "string";
  readonly format?: "binary";
}

/**
 * Answers `route` with what `handler` returns. A field that the answer's schema does not know, at any depth, does not
 * compile: TypeScript alone would let it pass, because the type of what a function returns is inferred before it is
 * compared.
 *
 * @example
 * ```ts
 * jsonEndpoint(
 *   app,
 *   {
 *     method: "get",
 *     path: "/v1/jobs/{id}",
 *     operationId: "getJob",
 *     request: { params: jobPath },
 *     answer: { description: "The job.", schema: job },
 *     problems: [400, 404, 503],
 *   },
 *   (c) => jobs.get(readPath(c, jobPath).id),
 * );
 * ```
 */
export const jsonEndpoint = <Answer extends z.ZodType, const Value extends z.output<Answer> | Response>(
  app: OpenAPIHono,
  route: JsonRoute<Answer>,
  handler: (c: Context) => Known<Value, Answer> | Promise<Known<Value, Answer>>,
): void => uncheckedJsonEndpoint(app, route, handler);

/** A `jsonEndpoint` whose caller checks what `handler` returns. */
export const uncheckedJsonEndpoint = (
  app: OpenAPIHono,
  { answer, problems: statuses, ...route }: JsonRoute<z.ZodType>,
  handler: (c: Context) => unknown,
): void => {
  const { status = 200, description, schema, others = {}, content } = answer;
  const json = jsonOf(description, schema);
  const responses = {
    [status]: { ...json, content: { ...json.content, ...content } },
    ...Object.fromEntries(Object.entries(others).map(([other, text]) => [other, jsonOf(text, schema)])),
    ...(statuses === undefined ? {} : problems(...statuses)),
  };
  endpoint(app, { ...route, responses }, async (c) => {
    c.status(status);
    const value: unknown = await handler(c);
    return value instanceof Response ? value : answerJson(c, value);
  });
};

/** `Value` without a field that the schema `Answer` does not know. */
export type Known<Value, Answer extends z.ZodType> = Value & OnlyKnown<Value, z.output<Answer>>;

/** `Value` with `never` for each field, at any depth, that `Fields` does not have. */
export type OnlyKnown<Value, Fields> = Value extends Response | Primitive
  ? Value
  : unknown extends Fields
    ? Value
    : Value extends readonly (infer Item)[]
      ? readonly OnlyKnown<Item, ItemOf<Fields>>[]
      : {
          [Key in keyof Value]: Key extends KeyOf<Fields>
            ? OnlyKnown<Value[Key], FieldOf<Fields, Key>>
            : never;
        };

type Primitive = string | number | boolean | null | undefined;
type ItemOf<Fields> = Fields extends readonly (infer Item)[] ? Item : never;
type KeyOf<Fields> = Fields extends unknown ? keyof Fields : never;
type FieldOf<Fields, Key> = Fields extends unknown ? (Key extends keyof Fields ? Fields[Key] : never) : never;

/** Keeps the sequence of a write for the audit log. */
export const noteSequence = (c: Context, answer: unknown): void => {
  if (
    typeof answer === "object" &&
    answer !== null &&
    "sequence" in answer &&
    typeof answer.sequence === "number"
  )
    c.set("sequence", answer.sequence);
};

/** @throws AnchorageError `invalid-input` that names the part of the path. */
export const readPath = <Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> =>
  parseWith(schema, c.req.param());

/** @throws AnchorageError `invalid-input` that names the parameter: unknown, repeated or wrong. */
export const readQuery = <Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> => {
  const given = Object.entries(c.req.queries());
  const faults = given
    .filter(([, values]) => values.length > 1)
    .map(([name]) => ({ path: [name], message: "must be given once" }));
  if (faults.length > 0) throw faultyFields(faults);
  return parseWith(schema, Object.fromEntries(given.map(([key, values]) => [key, values[0]])));
};

/**
 * Answers with JSON. A large answer is written in chunks as the peer reads them.
 *
 * @throws AnchorageError `unprocessable` where the answer would be longer than a string can be, `unavailable` while large
 * answers hold too much memory
 */
const answerJson = (c: Context, value: unknown): Response => {
  noteSequence(c, value);
  const headers = { "Content-Type": "application/json" };
  return c.body(isLargeAnswer(value) ? streamJson(value) : jsonTextOf(value), undefined, headers);
};

/** A response of the OpenAPI document. */
const jsonOf = (description: string, schema: z.ZodType) => ({
  description,
  content: { "application/json": { schema } },
});

const PROBLEMS = {
  400: "The request is not understood; `errors` names each field.",
  404: "There is no such thing.",
  409: "It collides with what is there.",
  413: "The body is over the limit.",
  415: "The body is of another type.",
  422: "Understood, but this service cannot do it, such as encoding by an encoder that is not installed here.",
  503: "Not now; `Retry-After` says when to try again.",
} as const;

type ProblemStatus = keyof typeof PROBLEMS;

const problemContent = { "application/problem+json": { schema: problem } };

/** The problems that an operation can answer with, for the OpenAPI document. */
export const problems = (...statuses: readonly ProblemStatus[]) => ({
  ...Object.fromEntries(
    statuses.map((status) => [status, { description: PROBLEMS[status], content: problemContent }]),
  ),
  401: {
    description: "A key is required and was not sent as `Authorization: Bearer …` or by a session's cookie.",
    content: problemContent,
  },
  403: {
    description: "The key does not allow it, or a page of another origin asks.",
    content: problemContent,
  },
  429: { description: "The key's limit of requests a minute is reached.", content: problemContent },
  500: { description: "A defect of the service; its log says more.", content: problemContent },
  507: {
    description: "Memory would pass 90 % of its limit; `neededBytes` says what it would take.",
    content: problemContent,
  },
});

export const jsonBody = (schema: z.ZodType) => ({
  body: { required: true, content: { "application/json": { schema } } },
});

/** Operations that need no API key. */
export const OPEN: { security: [] } = { security: [] };
