import type { CollectionName } from "../../types.ts";
import type { CollectionsClient, FilterBody } from "../../client/index.ts";
import { EXIT, type CommandContext } from "../../command.ts";
import { createProgress } from "../../progress.ts";
import { requireNew, writeOut } from "../files/index.ts";
import type { ExportHeader } from "../importing/index.ts";
import { outgoingAnchors, type OutgoingAnchor } from "./anchors.ts";
import type { ExportFormat } from "./formats.ts";
import { asNdjson } from "./ndjson.ts";
import { asParquet } from "./parquet.ts";
import { asWebdataset } from "./webdataset.ts";

/** What `anchorage export` is asked for. */
export interface ExportRun {
  readonly collection: CollectionName;
  /** `-` is the standard output. */
  readonly file: string;
  readonly format: ExportFormat;
  readonly filter: FilterBody | undefined;
  readonly images: boolean;
  readonly vectors: boolean;
}

type Writer = (
  header: ExportHeader,
  anchors: AsyncIterable<OutgoingAnchor>,
) => AsyncGenerator<Uint8Array, void>;

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  ndjson: asNdjson,
  parquet: asParquet,
  webdataset: asWebdataset,
};

/**
 * Writes a collection to a file and says what it holds. One page of anchors is in memory at a time.
 *
 * @returns the exit status
 * @throws AnchorageError `conflict` if the file exists, `cancelled` if it was stopped, and what the service throws
 */
export const runExport = async (
  { collection: name, file, format, filter, images, vectors }: ExportRun,
  { connect, json, note, print, signal }: CommandContext<CollectionsClient>,
): Promise<number> => {
  await requireNew(file);
  const client = await connect();
  const progress = createProgress(`export of "${name}"`, "anchors");
  try {
    const collection = client.collection(name);
    const { anchorCount, imageEncoder, textEncoder, transform, images: kept } = await collection.get();
    const total =
      filter === undefined ? anchorCount : (await collection.facets({ filter, limit: 1 })).anchors;
    const header: ExportHeader = {
      version: 1,
      vectors,
      collection: { imageEncoder, textEncoder, transform, images: kept },
    };
    const counts = { anchors: 0, images: 0, bytes: 0 };
    const counted = async function* (): AsyncGenerator<OutgoingAnchor, void> {
      for await (const anchor of outgoingAnchors(collection, { filter, images, vectors, signal })) {
        counts.anchors++;
        if (anchor.image !== null) counts.images++;
        progress.update(counts.anchors, Math.max(total, counts.anchors));
        yield anchor;
      }
    };
    const measured = async function* (): AsyncGenerator<Uint8Array, void> {
      for await (const chunk of WRITERS[format](header, counted())) {
        counts.bytes += chunk.length;
        yield chunk;
      }
    };
    await writeOut(file, measured());
    progress.stop();
    const tell = json && file !== "-" ? print : note;
    tell(
      json
        ? JSON.stringify({ collection: name, format, ...counts })
        : `${counts.anchors} anchors of ${name} with ${counts.images} images written, ${(counts.bytes / 2 ** 20).toFixed(1)} MiB`,
    );
    return EXIT.done;
  } finally {
    progress.stop();
    await client.close();
  }
};
