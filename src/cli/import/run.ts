import { EXIT, type CommandContext, type Terminal } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import { imageOf, type AnchorageClient, type CollectionSpecBody } from "../../features/client.ts";
import { wantCollection } from "../want-collection.ts";
import { beginReading } from "./begin.ts";
import { importPairs } from "./import.ts";
import { openPairSource, type SourceOptions } from "./open.ts";
import { previewPairs } from "./preview.ts";
import { openRejectLog, type RejectLog } from "./reject-log.ts";
import type { PairSource } from "./types.ts";

const EXAMPLES_SHOWN = 3;

/** An import as a person asks for it. */
export interface ImportRun {
  /** Of folders, tables and shards. */
  readonly patterns: readonly string[];
  readonly source: SourceOptions;
  readonly collection: CollectionSpecBody;
  /** Whether the collection is made where it is not there. */
  readonly create: boolean;
  readonly replace: boolean;
  /** Reads everything and stores nothing. */
  readonly dryRun: boolean;
  /** A file for what is rejected. */
  readonly rejects: string | undefined;
  /** Of a running service. */
  readonly url: string | undefined;
}

/**
 * Imports what `options` name, with progress and messages on the terminal.
 *
 * @returns the exit status
 */
export const runImport = async (
  options: ImportRun,
  context: CommandContext<AnchorageClient>,
): Promise<number> => {
  const source = await beginReading(await openPairSource(options.patterns, options.source));
  const rejects = openRejectLog(options.rejects, source.paths, context.log);
  try {
    if (options.dryRun) return await preview(source, rejects, context);
    const client = await context.connect(options.url);
    try {
      return await store(options, source, client, rejects, context);
    } finally {
      await client.close();
    }
  } finally {
    rejects.close();
  }
};

const preview = async (source: PairSource, rejects: RejectLog, terminal: Terminal): Promise<number> => {
  const progress = createProgress("reading", "entries");
  const { pairs, rejected, examples } = await previewPairs(source, {
    examples: EXAMPLES_SHOWN,
    signal: terminal.signal,
    onReject: rejects.add,
    onProgress: (read, fraction) => progress.update(read, wholeOf(read, fraction)),
  }).finally(() => progress.stop());
  for (const { id, text, metadata } of examples) terminal.print(JSON.stringify({ id, text, metadata }));
  const stopped = terminal.signal.aborted ? ", stopped before the end" : "";
  terminal.print(`would import ${pairs} pairs, reject ${rejected}${stopped}; nothing is stored`);
  if (terminal.signal.aborted) return EXIT.interrupted;
  return rejected > 0 ? EXIT.partly : EXIT.done;
};

const store = async (
  options: ImportRun,
  source: PairSource,
  client: AnchorageClient,
  rejects: RejectLog,
  terminal: Terminal,
): Promise<number> => {
  const { collection: spec, create, replace } = options;
  const { name } = spec;
  const collection = await wantCollection(client, spec, { create, log: terminal.log });
  const { imageEncoder, textEncoder } = collection.found() ?? spec;
  if (typeof imageEncoder === "object" || typeof textEncoder === "object") {
    throw new AnchorageError(
      "unprocessable",
      `collection "${name}" takes vectors that are made elsewhere; images and captions cannot be encoded for it`,
    );
  }
  const progress = createProgress(`import into "${name}"`, "pairs");
  let told = "nothing was stored";
  try {
    const { rejected } = await importPairs(
      source,
      {
        existing: async (ids) => {
          if (collection.found() === null) return new Set();
          const stored = new Set(await client.collection(name).existingAnchors(ids));
          return new Set(ids.filter((id) => stored.has(id)));
        },
        put: async (anchors) => {
          await collection.ensure();
          await client
            .collection(name)
            .putAnchors(anchors.map((anchor) => ({ ...anchor, image: imageOf(anchor.image) })));
        },
      },
      {
        replace,
        signal: terminal.signal,
        onReject: rejects.add,
        onProgress: ({ read, stored, present, rejected }, fraction) => {
          progress.update(stored + present + rejected, wholeOf(read, fraction));
          told = `${stored} stored, ${present} were there already, ${rejected} rejected`;
        },
      },
    );
    if (terminal.signal.aborted) return EXIT.interrupted;
    return rejected > 0 ? EXIT.partly : EXIT.done;
  } finally {
    progress.stop();
    const goesOn = replace ? "" : "; the same command goes on from here";
    terminal.print(terminal.signal.aborted ? `stopped: ${told}${goesOn}` : told);
  }
};

/** How many entries a source will have given in the end, by how many it gave and which part of it that was. */
const wholeOf = (read: number, fraction: number): number =>
  fraction > 0 ? Math.max(read, Math.round(read / fraction)) : read;
