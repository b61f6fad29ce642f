import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { collectionName } from "../api/values.ts";
import type { CollectionName, Log } from "../types.ts";
import {
  audit,
  authorize,
  crossOriginRefusal,
  findCaller,
  rebindingRefusal,
  withCallerFields,
  type AccessPlug,
  type AccessSettings,
  type Caller,
} from "./access.ts";
import { BODY, mediaTypeOf, parseJson } from "./body.ts";
import { isLargeAnswer, streamJson, jsonTextOf } from "./json-answer.ts";
import type { Metrics } from "./metrics.ts";
import { replyToError, replyToRefusal, type Refusal, type Reply } from "./problem.ts";
import { headOfMessage, type RequestHead } from "./request-head.ts";
import { REQUEST_ID, withRequestId } from "./request-id.ts";
import { inRequestSpan } from "./request-span.ts";
import { SECURE_HEADERS } from "./secure-headers.ts";

/** Larger bodies are the framework's: it reads and parses them in pieces. */
const MAX_BODY = 128 * 1024;
/** A name with an escape, a query or anything else out of the ordinary is the framework's. */
const QUERY_PATH = /^\/v1\/collections\/([^/?%]+)\/([a-z]+)$/;

/** A query that is answered without the framework, whose requests and responses take longer than a search does. */
export interface DirectQuery {
  /** The last part of its path, and its operation. */
  readonly name: string;
  /** @param body parsed JSON, not checked yet */
  readonly answer: (collection: CollectionName, body: unknown) => Promise<unknown>;
}

/** What the framework's middleware is made from, too. */
export interface DirectParts {
  readonly queries: readonly DirectQuery[];
  readonly access: AccessSettings;
  readonly plug: AccessPlug | null;
  /** Null where any name of the service is answered to. */
  readonly publicHosts: ReadonlySet<string> | null;
  readonly metrics: Metrics;
  readonly bodyLimit: number;
  readonly log: Log;
}

/**
 * Answers the most frequent queries between Node and the framework: the same checks, answers, problems, metrics and audit
 * log, by the same functions.
 *
 * @returns whether it answers a request; the framework answers any other, such as those of pages, which send an `Origin`
 */
export const createDirectQueries = ({
  queries,
  access,
  plug,
  publicHosts,
  metrics,
  bodyLimit,
  log,
}: DirectParts): ((request: IncomingMessage, response: ServerResponse) => boolean) => {
  const known = new Map(queries.map((query) => [query.name, query]));
  const longest = Math.min(bodyLimit, MAX_BODY);

  const callerOf = async (head: RequestHead): Promise<Caller | Refusal> =>
    (publicHosts === null ? null : rebindingRefusal(head, publicHosts)) ??
    crossOriginRefusal(head, NO_ORIGINS) ??
    findCaller(head, access, plug);

  const reply = async (request: IncomingMessage, head: RequestHead, asked: Asked): Promise<Answer> => {
    try {
      const caller = await callerOf(head);
      if ("code" in caller) return { reply: replyToRefusal(caller) };
      return await withCallerFields(caller, async () => {
        try {
          authorize(caller, "read", asked.collection, false);
          const body = await parseJson(await readAll(request), BODY);
          return { caller, reply: jsonReply(await asked.query.answer(asked.collection, body)) };
        } catch (error) {
          return { caller, reply: replyToError(error, request.destroyed, log) };
        }
      });
    } catch (error) {
      return { reply: replyToError(error, request.destroyed, log) };
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> => {
    const head = headOfMessage(request);
    const { collection, query } = asked;
    const route = `/v1/collections/:collection/${query.name}`;
    await withRequestId(head, log, async (requestId) => {
      await inRequestSpan(head, async () => {
        const started = performance.now();
        const { reply: made, caller } = await reply(request, head, asked);
        const { status } = made;
        metrics.observe({
          method: head.method,
          route,
          status,
          seconds: (performance.now() - started) / 1000,
        });
        const operation = { id: query.name, scope: "read", collection } as const;
        if (plug !== null) audit(plug, { method: head.method, status, requestId, caller, operation });
        send(response, made, requestId, log);
        return { route, status };
      });
      return response.statusCode;
    });
  };

  return (request, response) => {
    const asked = askedBy(request, known, longest);
    if (asked === null) return false;
    answer(request, response, asked).catch((error: unknown) => {
      log.error("defect", { error });
      response.destroy();
    });
    return true;
  };
};

/** Requests with an Origin are the framework's, which knows those that are allowed. */
const NO_ORIGINS: ReadonlySet<string> = new Set();

interface Asked {
  readonly collection: CollectionName;
  readonly query: DirectQuery;
}

interface Answer {
  readonly reply: Reply | StreamReply;
  /** Absent where the request was refused before. */
  readonly caller?: Caller;
}

interface StreamReply extends Omit<Reply, "body"> {
  readonly body: ReadableStream<Uint8Array>;
}

/** The query that a request asks, where it is one that is answered here. */
const askedBy = (
  { method, url = "", headers }: IncomingMessage,
  known: ReadonlyMap<string, DirectQuery>,
  longest: number,
): Asked | null => {
  if (method !== "POST") return null;
  const [, named, name = ""] = QUERY_PATH.exec(url) ?? [];
  const query = known.get(name);
  const { data: collection } = collectionName.safeParse(named);
  if (collection === undefined || query === undefined) return null;
  const length = headers["content-length"];
  const plain =
    length !== undefined &&
    Number(length) <= longest &&
    headers["content-encoding"] === undefined &&
    headers.expect === undefined &&
    headers.origin === undefined &&
    mediaTypeOf(headers["content-type"]) === "application/json";
  return plain ? { collection, query } : null;
};

const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
};

const jsonReply = (value: unknown): Reply | StreamReply => {
  const head = { status: 200, headers: { "Content-Type": "application/json" } };
  return isLargeAnswer(value) ? { ...head, body: streamJson(value) } : { ...head, body: jsonTextOf(value) };
};

const send = (
  response: ServerResponse,
  { status, headers, body }: Reply | StreamReply,
  requestId: string,
  log: Log,
): void => {
  const all = { ...headers, ...SECURE_HEADERS, [REQUEST_ID]: requestId };
  if (typeof body === "string") {
    // A string goes out in one write with the head.
    response.writeHead(status, { ...all, "Content-Length": Buffer.byteLength(body) }).end(body);
    return;
  }
  response.writeHead(status, all);
  // A client that goes away ends the answer.
  pipeline(chunksOf(body), response).catch((error: unknown) =>
    log.debug("an answer was given up", { error }),
  );
};

/** A reader that goes away cancels the stream, which holds memory until then. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}
