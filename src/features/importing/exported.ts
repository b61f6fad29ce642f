import { extname } from "node:path";
import { anchorsInLines, headerInLines } from "./exported-lines.ts";
import { anchorsInParquet, headerInParquet } from "./exported-parquet.ts";
import { anchorsInShard, headerInShard } from "./exported-shard.ts";
import { openArraysByName } from "./vector-arrays.ts";
import { openVectorParquet } from "./vector-parquet.ts";
import type { ExportedAnchor, ExportedFile, ExportHeader } from "./export-format.ts";

interface Reader {
  readonly header: (path: string) => Promise<ExportHeader | null>;
  readonly anchors: (path: string) => AsyncGenerator<ExportedAnchor, void>;
}

const LINES: Reader = { header: headerInLines, anchors: anchorsInLines };
const READERS: Readonly<Record<string, Reader>> = {
  ".ndjson": LINES,
  ".jsonl": LINES,
  ".parquet": { header: headerInParquet, anchors: anchorsInParquet },
  ".tar": { header: headerInShard, anchors: anchorsInShard },
};

/**
 * A file that `anchorage export` wrote, or one of vectors from elsewhere, recognised by what it holds; null for any other
 * file.
 *
 * @throws AnchorageError `invalid-input` if the file cannot be read, `corrupt-file` if it says that it is an export and
 * its header cannot be read
 */
export const openExported = async (path: string): Promise<ExportedFile | null> => {
  const reader = READERS[extname(path).toLowerCase()];
  const header = (await reader?.header(path)) ?? null;
  if (reader !== undefined && header !== null) return { path, header, anchors: () => reader.anchors(path) };
  return (await openArraysByName(path)) ?? (await openVectorParquet(path));
};
