import { setImmediate } from "node:timers/promises";
import type { Context } from "hono";
import { faultyFields, isAnchorageError } from "../errors.ts";
import type { CollectionName } from "../types.ts";
import { bodyChunks, parseJson, parseWith } from "./body.ts";
import type { Collections } from "../collections/index.ts";
import { noteSequence, type Routes } from "./endpoint.ts";
import { splitLines, type Line } from "./lines.ts";
import { problemOf } from "./problem.ts";
import { anchor, type Anchor, type WrittenLines } from "../api/anchors.ts";
import { bindLogFields } from "../log.ts";

const BATCH_LINES = 256;
const BATCH_BYTES = 8 * 1024 * 1024;
/** How long lines are parsed before other requests get their turn. */
const SLICE_MS = 2;

interface Numbered {
  readonly line: number;
  readonly anchor: Anchor;
}

/**
 * Writes a stream of anchors, one a line, and answers with one line a batch while the stream still comes in.
 *
 * Lines take effect in their order: one that repeats an id replaces the earlier. A fault in the first batch is answered
 * by its own status; after that it is the last line, a problem that names the line.
 *
 * @throws AnchorageError for a fault in the first batch.
 */
export const receiveAnchorStream = async (
  c: Context,
  routes: Routes,
  collections: Collections,
  collection: CollectionName,
): Promise<Response> => {
  const results = writeBatches(c, routes, collections, collection);
  const encoder = new TextEncoder();
  const encode = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  let next: IteratorResult<WrittenLines, void> | undefined = await results.next();
  noteSequence(c, next.value);

  const body = new ReadableStream<Uint8Array>(
    {
      pull: bindLogFields(async (controller: ReadableStreamDefaultController<Uint8Array>) => {
        try {
          next ??= await results.next();
          if (next.done === true) controller.close();
          else controller.enqueue(encode(next.value));
          next = undefined;
        } catch (error) {
          if (!c.req.raw.signal.aborted) controller.enqueue(encode(problemOf(error, routes.log)));
          controller.close();
        }
      }),
      cancel: async () => {
        await results.return();
      },
    },
    // The next batch is only read once the answer to this one is on its way.
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { "Content-Type": "application/x-ndjson" });
};

async function* writeBatches(
  c: Context,
  { bodyLimit }: Routes,
  collections: Collections,
  collection: CollectionName,
): AsyncGenerator<WrittenLines, void> {
  let batch: Numbered[] = [];
  let bytes = 0;
  let ids = new Set<string>();

  const write = async (): Promise<WrittenLines> => {
    const written = batch;
    batch = [];
    bytes = 0;
    ids = new Set();
    const done = await atLines(written, () =>
      collections.putAnchors(
        collection,
        written.map((numbered) => numbered.anchor),
        { signal: c.req.raw.signal },
      ),
    );
    return { ...done, lines: [written[0]?.line ?? 0, written.at(-1)?.line ?? 0] };
  };

  let until = performance.now() + SLICE_MS;
  for await (const line of splitLines(bodyChunks(c), bodyLimit)) {
    if (performance.now() > until) {
      await setImmediate();
      until = performance.now() + SLICE_MS;
    }
    const parsed = await parseLine(line);
    if (ids.has(parsed.id) || (batch.length > 0 && bytes + line.bytes.length > BATCH_BYTES))
      yield await write();
    batch.push({ line: line.number, anchor: parsed });
    bytes += line.bytes.length;
    ids.add(parsed.id);
    if (batch.length === BATCH_LINES) yield await write();
  }
  if (batch.length > 0) yield await write();
}

const parseLine = async ({ number, bytes }: Line): Promise<Anchor> => {
  try {
    return parseWith(anchor, await parseJson(bytes, "It"));
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    const faults = error.faults.length > 0 ? error.faults : [{ path: [], message: error.message }];
    throw faultyFields(
      faults.map(({ path, message }) => ({ path: ["lines", number, ...path], message })),
      { code: error.code, cause: error },
    );
  }
};

/** Faults of a batch name an anchor by its index in it; the caller knows its line. */
const atLines = async <T>(batch: readonly Numbered[], work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!isAnchorageError(error) || error.faults.length === 0) throw error;
    const faults = error.faults.map(({ path, message }) => {
      const [list, index, ...rest] = path;
      const line = list === "anchors" && typeof index === "number" ? batch[index]?.line : undefined;
      return { path: line === undefined ? path : ["lines", line, ...rest], message };
    });
    throw faultyFields(faults, { code: error.code, cause: error });
  }
};
