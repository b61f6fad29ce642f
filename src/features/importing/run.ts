import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EXIT, type CommandContext, type Print, type Terminal } from "../../command.ts";
import { makeThumbnail } from "../../encoders/index.ts";
import { AnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import { imageOf, type CollectionsClient, type CollectionSpecBody } from "../../client/index.ts";
import { confirm } from "./confirm.ts";
import { wantCollection, type WantedCollection } from "./want-collection.ts";
import { expandPattern } from "../files/index.ts";
import { faultIn } from "./check.ts";
import type { ExportedFile } from "./export-format.ts";
import { openExported } from "./exported.ts";
import { dataSetOf, fetchDataSet } from "./hub-source.ts";
import { importExported } from "./import-exported.ts";
import { importPairs, type Imported } from "./import.ts";
import type { ImportRun } from "./import-run.ts";
import { openPairSource, type NamedSource } from "./open.ts";
import { describePlan, openQuestion, planImport, type OpenQuestion, type Plan } from "./plan.ts";
import { previewPairs } from "./preview.ts";
import { openRejectLog, type RejectLog } from "./reject-log.ts";
import { summaryOf } from "./summary.ts";
import { openVectorArrays } from "./vector-arrays.ts";
import { faultOfPruning, findVanished, prune, someOf } from "./vanished.ts";

const EXAMPLES_SHOWN = 3;
const RETRY_MS = 500;

/**
 * Imports what `options` name, with a plan, progress and messages on the terminal.
 *
 * @returns the exit status
 * @throws AnchorageError what the source and the service throw; `invalid-input` where the source holds nothing
 */
export const runImport = async (
  given: ImportRun,
  context: CommandContext<CollectionsClient>,
): Promise<number> => {
  const options = { ...given, patterns: await withDataSets(given, context) };
  const exported = [
    ...(await exportsIn(options.patterns)),
    ...(options.vectors === null ? [] : [await openVectorArrays(options.vectors)]),
  ];
  if (exported.length > 0) return importExported(exported, withoutReading(options), context);
  const source = await openPairSource(options.patterns, options.source);
  const rejects = openRejectLog(options.rejects, source.paths, context.log);
  try {
    const plan = await makePlan(source, options, context);
    if (context.signal.aborted) return EXIT.interrupted;
    proseOf(context)(describePlan(plan));
    const question = openQuestion(plan, options.source.captionFrom !== "auto");
    if (options.dryRun) return await preview(source, plan, question, rejects, context);
    if (question !== null && !(await isConfirmed(question, context.signal))) {
      context.note(`import: ${question.text}; nothing is stored`);
      return EXIT.misused;
    }
    const client = await context.connect({ create: true });
    try {
      return await store(options, source, plan, client, rejects, context);
    } finally {
      await client.close();
    }
  } finally {
    rejects.close();
  }
};

/** Downloads the data sets among the sources. @returns the sources, all of them paths */
const withDataSets = async (
  { patterns, endpoint }: ImportRun,
  { config, signal, note }: CommandContext,
): Promise<readonly string[]> => {
  const paths: string[] = [];
  for (const pattern of patterns) {
    const dataSet = dataSetOf(pattern);
    if (dataSet === null) {
      paths.push(pattern);
      continue;
    }
    const progress = createProgress(dataSet.name, "kB");
    const directory = join(config.dataDir, "downloads");
    const fetched = await fetchDataSet(dataSet, {
      ...{ endpoint, directory, signal, progress, retryMs: RETRY_MS },
    }).finally(() => progress.stop());
    note(`${dataSet.name} is in ${fetched.folder}; licence: ${fetched.licence ?? "see"} ${fetched.page}`);
    paths.push(...fetched.paths);
  }
  return paths;
};

/** The files of anchors with vectors. @throws AnchorageError `invalid-input` where other sources are beside them */
const exportsIn = async (patterns: readonly string[]): Promise<readonly ExportedFile[]> => {
  const paths = (await Promise.all(patterns.map(expandPattern))).flat();
  const exported: ExportedFile[] = [];
  const others: string[] = [];
  for (const path of new Set(paths)) {
    const file = (await stat(path)).isFile() ? await openExported(path) : null;
    if (file === null) others.push(path);
    else exported.push(file);
  }
  if (exported[0] === undefined || others[0] === undefined) return exported;
  throw new AnchorageError(
    "invalid-input",
    `${exported[0].path} has anchors with their vectors and ${others[0]} has not; import them one after the other`,
  );
};

/** @throws AnchorageError `invalid-input` for options about how other sources are read */
const withoutReading = (options: ImportRun): ImportRun => {
  const { captionFrom, link, table } = options.source;
  const { without = [], ...columns } = table;
  if (
    captionFrom !== "auto" ||
    link !== undefined ||
    without.length + Object.keys(columns).length > 0 ||
    options.prefix ||
    options.pruneLimit !== null
  )
    throw new AnchorageError(
      "invalid-input",
      "anchors with their vectors, such as an export of Anchorage, are imported as they are: they go without --caption-from, --images, --link, --prefix, --prune, --without, --delimiter, --sheet and columns",
    );
  return options;
};

/** Where lines for people go, so that with --json stdout holds JSON only. */
const proseOf = ({ json, print, note }: Terminal): Print => (json ? note : print);

const makePlan = async (source: NamedSource, { prefix }: ImportRun, { signal }: Terminal): Promise<Plan> => {
  const progress = createProgress("reading", `${source.unit}s`);
  const plan = await planImport(source, {
    prefix,
    faultOf: faultIn,
    signal,
    onProgress: (found, fraction) =>
      progress.update(found, Math.max(found + 1, fraction > 0 ? Math.round(found / fraction) : 0)),
  }).finally(() => progress.stop());
  if (plan.found > 0 || signal.aborted) return plan;
  throw new AnchorageError(
    "invalid-input",
    `nothing was read: there is no image and no row in ${source.paths.join(", ")}`,
  );
};

const isConfirmed = async ({ kind, text }: OpenQuestion, signal: AbortSignal): Promise<boolean> =>
  kind === "names" && (await confirm(`${text}. Take the names?`, signal)) === true;

const preview = async (
  source: NamedSource,
  { found, identities }: Plan,
  question: OpenQuestion | null,
  rejects: RejectLog,
  terminal: Terminal,
): Promise<number> => {
  const progress = createProgress("decoding", `${source.unit}s`);
  const { pairs, repeated, rejected, ignored, examples } = await previewPairs(source, {
    identities,
    decode: makeThumbnail,
    examples: EXAMPLES_SHOWN,
    signal: terminal.signal,
    onReject: rejects.add,
    onProgress: (read) => progress.update(read, found),
  }).finally(() => progress.stop());
  const shown = examples.map(({ id, text, metadata }) => ({ id, text, metadata }));
  terminal.show({ dryRun: true, pairs, repeated, rejected, ignored, examples: shown }, () => {
    const parts = [
      `would import ${pairs} ${pairs === 1 ? "pair" : "pairs"}`,
      ...(repeated > 0 ? [`skip ${repeated} that are repeated`] : []),
      `reject ${rejected}`,
      ...(ignored > 0 ? [`not use ${ignored}`] : []),
    ];
    const stopped = terminal.signal.aborted ? ", stopped before the end" : "";
    const summary = `${parts.join(", ")}${stopped}; nothing is stored`;
    return [...shown.map((example) => JSON.stringify(example)), summary];
  });
  if (question !== null) terminal.note(`without --dry-run it would stop: ${question.text}`);
  if (terminal.signal.aborted) return EXIT.interrupted;
  return rejected > 0 ? EXIT.partly : EXIT.done;
};

const store = async (
  options: ImportRun,
  source: NamedSource,
  plan: Plan,
  client: CollectionsClient,
  rejects: RejectLog,
  terminal: Terminal,
): Promise<number> => {
  const { collection: spec, create, replace } = options;
  const { name } = spec;
  const collection = await wantCollection(client, spec, { create, log: terminal.log });
  const isNew = collection.found() === null;
  requireEncoders(collection, spec);
  const progress = createProgress(`import into "${name}"`, `${source.unit}s`);
  let outcome = "nothing was stored";
  let unread = 0;
  let unknown = 0;
  const { counts, ids }: Imported = await importPairs(
    source,
    {
      compare: async (contents) =>
        collection.found() === null
          ? contents.map(({ id }) => ({ id, state: "absent", differs: [] }))
          : client.collection(name).compareAnchors(contents),
      put: async (anchors) => {
        await collection.ensure();
        const { unknownCaptions = 0 } = await client
          .collection(name)
          .putAnchors(anchors.map((anchor) => ({ ...anchor, image: imageOf(anchor.image) })));
        unknown += unknownCaptions;
      },
    },
    {
      identities: plan.identities,
      replace,
      signal: terminal.signal,
      onReject: (rejected) => {
        if (rejected.id === undefined) unread++;
        rejects.add(rejected);
      },
      onProgress: (counts) => {
        const { stored, present, rejected, ignored } = counts;
        progress.update(stored + present + rejected + ignored, plan.found);
        outcome = summaryOf(counts);
      },
    },
  ).finally(() => {
    progress.stop();
    const goesOn = replace ? "" : "; the same command continues from here";
    proseOf(terminal)(terminal.signal.aborted ? `stopped: ${outcome}${goesOn}` : outcome);
    if (unknown > 0) terminal.note(unknownNote(unknown));
  });
  const tell = (vanished: Vanishing): void => {
    if (terminal.json)
      terminal.print(
        JSON.stringify({
          collection: name,
          created: isNew,
          ...counts,
          unknownCaptions: unknown,
          ...vanished,
        }),
      );
  };
  if (terminal.signal.aborted) {
    tell(NOTHING_VANISHED);
    return EXIT.interrupted;
  }
  tell(
    isNew ? NOTHING_VANISHED : await tellVanished(options, source, plan, { ids, unread }, client, terminal),
  );
  if (counts.stored > 0) {
    terminal.note(
      `to fit the settings of "${name}" to its anchors: anchorage tune --collection ${name} --apply`,
    );
  }
  return counts.rejected > 0 ? EXIT.partly : EXIT.done;
};

const unknownNote = (count: number): string =>
  `warning: the text encoder knows no word of ${count === 1 ? "1 caption" : `${count} captions`} and cannot tell ` +
  `such captions apart; a multilingual one can (--text-encoder, anchorage encoders pull)`;

const requireEncoders = (collection: WantedCollection, spec: CollectionSpecBody): void => {
  const { imageEncoder, textEncoder } = collection.found() ?? spec;
  if (typeof imageEncoder !== "object" && typeof textEncoder !== "object") return;
  throw new AnchorageError(
    "unprocessable",
    `collection "${spec.name}" takes vectors that are made elsewhere; images and captions cannot be encoded for it`,
  );
};

/** Anchors that are not in their source any more: how many there are, and how many were deleted. */
interface Vanishing {
  readonly vanished: number;
  readonly deleted: number;
}
const NOTHING_VANISHED: Vanishing = { vanished: 0, deleted: 0 };

/** @throws AnchorageError `conflict` where vanished anchors were to be deleted and must not be */
const tellVanished = async (
  { collection: { name }, pruneLimit }: ImportRun,
  source: NamedSource,
  { containers }: Plan,
  read: { readonly ids: ReadonlySet<string>; readonly unread: number },
  client: CollectionsClient,
  terminal: Terminal,
): Promise<Vanishing> => {
  const collection = client.collection(name);
  const paths = source.paths.map((path) => resolve(path));
  const vanished = await findVanished(collection, [...new Set([...containers, ...paths])], read.ids);
  if (vanished.ids.length === 0) return NOTHING_VANISHED;
  const are = vanished.ids.length === 1 ? "anchor is" : "anchors are";
  const line = `${vanished.ids.length} ${are} no longer in the source (${someOf(vanished.ids)})`;
  if (pruneLimit === null) {
    proseOf(terminal)(`${line}; --prune deletes what is gone`);
    return { vanished: vanished.ids.length, deleted: 0 };
  }
  const empty = paths.filter((path) => !containers.includes(path));
  const fault = faultOfPruning(vanished, { empty, unread: read.unread }, pruneLimit);
  if (fault !== null) throw new AnchorageError("conflict", `${line}; nothing is deleted: ${fault}`);
  const deleted = await prune(collection, vanished);
  proseOf(terminal)(`${line}; ${deleted} deleted`);
  return { vanished: vanished.ids.length, deleted };
};
