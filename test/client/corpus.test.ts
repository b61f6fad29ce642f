import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { CORPUS_CALLS } from "./corpus-calls.ts";

const EXCHANGES = join(import.meta.dirname, "../http/exchanges");
/**
 * What clients send for the kept exchanges, and which part of the answer they return; clients/python replays it too. It is
 * recorded anew by `RECORD_CORPUS=1 npx vitest run test/client/corpus.test.ts && npx prettier --write test/client`.
 */
const CORPUS = join(import.meta.dirname, "corpus.json");

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Exchange {
  readonly request?: unknown;
  readonly answer: object;
}

/** A call that was sent, with the key of the answer that is returned; null for the whole. */
type Entry = Sent & { readonly returns: string | null };

const exchangeOf = (operation: string): Exchange =>
  JSON.parse(readFileSync(join(EXCHANGES, `${operation}.json`), "utf8")) as Exchange;

const collected = async (value: unknown): Promise<unknown> => {
  if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return value;
  const items: unknown[] = [];
  for await (const item of value as AsyncIterable<unknown>) items.push(item);
  return items;
};

const bodyOf = (body: unknown): unknown => {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  return typeof body === "string" ? (JSON.parse(body) as unknown) : null;
};

/** Replays one exchange: its answer is given to the first request, and a page has no next one. */
const replay = async (operation: string): Promise<Entry> => {
  const { request, answer } = exchangeOf(operation);
  const page = "nextCursor" in answer ? { ...answer, nextCursor: null } : answer;
  const sent: Sent[] = [];
  const client = createClient({
    url: "http://localhost",
    fetch: (url, { method = "", body }) => {
      sent.push({ method, path: url.slice("http://localhost".length), body: bodyOf(body) });
      return Promise.resolve(Response.json(page));
    },
  });
  const returned = await collected(
    await CORPUS_CALLS[operation]?.(client, JSON.parse(JSON.stringify(request ?? {})) as never),
  );
  const [first, ...others] = sent;
  if (first === undefined || others.length > 0) throw new Error(`${operation} sent ${sent.length} requests`);
  if (isDeepStrictEqual(returned, page)) return { ...first, returns: null };
  const [returns] = Object.entries(page).find(([, part]) => isDeepStrictEqual(part, returned)) ?? [];
  if (returns === undefined) throw new Error(`${operation} returned no part of the answer`);
  return { ...first, returns };
};

describe("the corpus of requests and answers", () => {
  // The client has no call for it: it is for probes.
  const operations = readdirSync(EXCHANGES)
    .map((file) => file.replace(".json", ""))
    .filter((operation) => operation !== "health");

  it("has a call of the client for every kept exchange", () => {
    expect(Object.keys(CORPUS_CALLS).sort()).toEqual(operations.sort());
  });

  it("is what the client sends and returns", async () => {
    const replayed = Object.fromEntries(
      await Promise.all(operations.map(async (operation) => [operation, await replay(operation)] as const)),
    );
    if (process.env.RECORD_CORPUS !== undefined) writeFileSync(CORPUS, JSON.stringify(replayed));
    expect(replayed).toEqual(JSON.parse(readFileSync(CORPUS, "utf8")));
  });
});
