import type { AnchorBody, CollectionsClient, CollectionSpecBody } from "../../client/index.ts";
import { MAX_BATCH_BYTES, sendBatch } from "../../client/index.ts";
import type { ContentStateBody } from "../../api/anchor-comparison.ts";
import { isDeepStrictEqual } from "node:util";
import { EXIT, type CommandContext } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import { reject, type Reject } from "../files/index.ts";
import { describeDifferences } from "./choose-id.ts";
import type { ExportedAnchor, ExportedFile } from "./export-format.ts";
import { sha256Of } from "./hashes.ts";
import { openRejectLog } from "./reject-log.ts";
import type { ImportRun } from "./import-run.ts";
import { summaryOf } from "./summary.ts";
import { wantCollection } from "./want-collection.ts";

const ANCHORS_A_BATCH = 256;

type Options = Pick<ImportRun, "collection" | "create" | "replace" | "dryRun" | "rejects">;

/**
 * Stores the anchors of exports under their own ids, with their vectors. Anchors that are stored with the same image,
 * text and metadata stay; others with the same id are rejected unless `replace` is set.
 *
 * @returns the exit status
 * @throws AnchorageError `conflict` where the exports have vectors and the collection has other encoders
 */
export const importExported = async (
  files: readonly ExportedFile[],
  options: Options,
  context: CommandContext<CollectionsClient>,
): Promise<number> => {
  const { signal } = context;
  const { name } = options.collection;
  const counts = { read: 0, stored: 0, present: 0, rejected: 0, changed: 0, ignored: 0 };
  const rejects = openRejectLog(
    options.rejects,
    files.map(({ path }) => path),
    context.log,
  );
  const refuse = (refused: Reject): void => {
    counts.rejected++;
    rejects.add(refused);
  };
  const progress = createProgress(`import into "${name}"`, "anchors");
  try {
    if (options.dryRun) {
      for await (const batch of batchesOf(anchorsOf(files, signal)))
        progress.update((counts.read += batch.length), counts.read + 1);
      context.show({ dryRun: true, collection: name, anchors: counts.read }, () => [
        `would import ${counts.read} anchors; nothing is stored`,
      ]);
      return signal.aborted ? EXIT.interrupted : EXIT.done;
    }
    const client = await context.connect({ create: true });
    try {
      const isNew = await prepare(files, options, client, context);
      const collection = client.collection(name);
      for await (const batch of batchesOf(anchorsOf(files, signal))) {
        counts.read += batch.length;
        const states = await collection.compareAnchors(
          await Promise.all(batch.map(({ anchor }) => contentOf(anchor))),
        );
        const chosen = batch.filter(({ anchor, source }, i) => {
          const { state = "absent", differs = [] } = states[i] ?? {};
          if (state === "absent" || (options.replace && state !== "same")) return true;
          if (state === "same") counts.present++;
          else {
            counts.changed++;
            refuse(reject(source, changed(differs), anchor.id));
          }
          return false;
        });
        const outcomes = await sendBatch(chosen, "anchors", async (some) => {
          await collection.putAnchors(some.map(({ anchor }) => anchor));
          counts.stored += some.length;
          return some;
        });
        outcomes.forEach((outcome, i) => {
          const { source = "", anchor } = chosen[i] ?? {};
          if ("reason" in outcome) refuse(reject(source, outcome.reason, anchor?.id));
        });
        progress.update(counts.read, counts.read + 1);
      }
      const { stored, present, rejected, changed: differing } = counts;
      context.show(
        {
          collection: name,
          created: isNew,
          read: counts.read,
          stored,
          present,
          rejected,
          changed: differing,
        },
        () => [signal.aborted ? `stopped: ${summaryOf(counts)}` : summaryOf(counts)],
      );
    } finally {
      await client.close();
    }
  } finally {
    progress.stop();
    rejects.close();
  }
  if (signal.aborted) return EXIT.interrupted;
  return counts.rejected > 0 ? EXIT.partly : EXIT.done;
};

const changed = (differs: ContentStateBody["differs"]): string =>
  `its ${describeDifferences(differs)} ${differs.length === 1 ? "differs" : "differ"} from what is stored; --replace writes it`;

/** Makes the collection as it was when it was exported, where it is not there. @returns whether it was made */
const prepare = async (
  files: readonly ExportedFile[],
  { collection: asked, create }: Options,
  client: CollectionsClient,
  { log }: CommandContext,
): Promise<boolean> => {
  let spec: CollectionSpecBody = asked;
  for (const { path, header } of files) {
    if (!header.vectors) continue;
    const { imageEncoder, textEncoder } = header.collection;
    const own = { imageEncoder, textEncoder };
    if (!isDeepStrictEqual({ ...own, ...spec }, { ...spec, ...own }))
      throw new AnchorageError(
        "conflict",
        `${path} has vectors of other encoders than those that are asked for; an export with --no-vectors can be encoded anew`,
      );
    spec = { ...spec, ...own };
  }
  const found = (await wantCollection(client, spec, { create, log })).found();
  if (found !== null) return false;
  const wanted = await wantCollection(client, { ...files[0]?.header.collection, ...spec }, { create, log });
  await wanted.ensure();
  return true;
};

async function* anchorsOf(
  files: readonly ExportedFile[],
  signal: AbortSignal,
): AsyncGenerator<ExportedAnchor, void> {
  for (const file of files)
    for await (const anchor of file.anchors()) {
      if (signal.aborted) return;
      yield anchor;
    }
}

async function* batchesOf(
  anchors: AsyncIterable<ExportedAnchor>,
): AsyncGenerator<readonly ExportedAnchor[], void> {
  let batch: ExportedAnchor[] = [];
  let size = 0;
  for await (const one of anchors) {
    const bytes = one.anchor.image?.base64.length ?? 0;
    if (batch.length === ANCHORS_A_BATCH || (batch.length > 0 && size + bytes > MAX_BATCH_BYTES)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(one);
    size += bytes;
  }
  if (batch.length > 0) yield batch;
}

const contentOf = async ({ id, text, metadata, image }: AnchorBody) => ({
  id,
  ...(text === undefined ? {} : { text }),
  ...(metadata === undefined ? {} : { metadata }),
  ...(image === undefined ? {} : { imageSha256: await sha256Of(Buffer.from(image.base64, "base64")) }),
});
