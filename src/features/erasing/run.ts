import type { Core, OpenCollection } from "../../collections/index.ts";
import { compileFilter } from "../../collections/filter.ts";
import type { JobContext } from "../../collections/jobs/index.ts";
import { AnchorageError } from "../../errors.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import { findAnchors } from "../../store/index.ts";
import type { AnchorId, CollectionName } from "../../types.ts";
import { callInWorker } from "../../worker.ts";
import type { AskCounterfactual } from "../counterfactual/query.ts";
import type { Suspect } from "../erasure-proof/index.ts";
import { ERASE_DEFAULTS, type EraseRequest, type ErasureReport, type SearchedBytes } from "./api.ts";
import { answerQuestions, compareAnswers, planQuestions } from "./ask.ts";
import { findNearCopies } from "./near-copies.ts";
import type { SearchCalls } from "./search-worker.ts";

/** Deleted anchors whose bytes are searched for. */
const SUSPECTS = 200;
/** Steps that progress is told in. */
const STEPS = 5;

/** The parts of the core that an erasure needs. */
export type ErasingCore = Pick<Core, "collections" | "jobs" | "settings" | "store">;

/** The anchors that a request names. @throws AnchorageError `unprocessable` if there are none */
export const slotsToErase = (view: AnchorView, request: EraseRequest): Slot[] => {
  const slots =
    "filter" in request
      ? slotsWhere(view, request.filter)
      : request.ids.flatMap((id) => view.slotOf(id) ?? []);
  if (slots.length === 0)
    throw new AnchorageError("unprocessable", "There is no such anchor, so that nothing can be erased.");
  return slots;
};

const slotsWhere = (view: AnchorView, filter: Parameters<typeof compileFilter>[0]): Slot[] => {
  const holds = compileFilter(filter);
  return Array.from(view.liveSlots()).filter((slot) => holds(view.entry(slot).metadata));
};

/**
 * Deletes anchors, erases their bytes, and reports what that changed. What is needed of them for the report is held in memory
 * alone. Once the deletion is done, the job is not cancelled any more.
 *
 * @returns the report, not signed yet
 */
export const eraseAndReport = async (
  core: ErasingCore,
  ask: AskCounterfactual,
  name: CollectionName,
  request: EraseRequest,
  { signal, progress }: Pick<JobContext, "signal" | "progress">,
): Promise<ErasureReport> => {
  const { collections, store } = core;
  const at = new Date();
  const queried = await collections.queried(name);
  const { view, record } = queried;
  const slots = slotsToErase(view, request);
  const ids = slots.map((slot) => view.entry(slot).id);
  const { imageSimilarity = ERASE_DEFAULTS.imageSimilarity, search = true } = request;
  progress(0, STEPS);
  const nearCopies = await findNearCopies(view, slots, imageSimilarity, signal);
  const suspects = search ? await suspectsOf(core, record, ids.slice(0, SUSPECTS)) : [];
  progress(1, STEPS);
  const planned = planQuestions(view, new Set(ids), request.questions);
  const before = planned === null ? null : await answerQuestions(ask, queried, planned, []);
  const predicted = planned === null ? null : await answerQuestions(ask, queried, planned, ids);
  signal.throwIfAborted();
  progress(2, STEPS);

  const { sequence, deleted, receipt } = await collections.deleteAnchors(name, { ids });
  if (receipt.id === null)
    throw new AnchorageError("conflict", "The anchors were deleted by another request meanwhile.");
  progress(3, STEPS);
  await collections.compact(name);
  progress(4, STEPS);

  const now = await collections.queried(name, { minSequence: sequence });
  const after = planned === null ? null : await answerQuestions(ask, now, planned, []);
  const { chain, erasure } = await chainUpTo(core, name, sequence);
  const searched = await searchBytes(core, name, suspects);
  const report: ErasureReport = {
    version: 1,
    collection: name,
    installation: store.installation,
    madeAt: new Date(),
    asked: { by: request.askedBy ?? null, reason: request.reason ?? null, at },
    which: "filter" in request ? { filter: request.filter, ids: null } : { filter: null, ids: ids.length },
    deleted,
    sequence,
    deletion: receipt.id,
    erasure,
    chain,
    nearCopies,
    questions:
      planned === null || before === null || predicted === null || after === null
        ? null
        : compareAnswers(now.view, planned, before, predicted, after),
    fits: await fitsOf(await collections.find(name)),
    searched,
    notSearched: [
      ...(searched !== null && ids.length > SUSPECTS
        ? [`the other ${ids.length - SUSPECTS} deleted anchors`]
        : []),
      ...(searched === null
        ? [
            core.store.server === "external"
              ? "all bytes of this Postgres, which is not the embedded one: run verify-erasure"
              : "all bytes, as the request says or for want of a DATA_DIR: run verify-erasure",
          ]
        : []),
      "backups, and files that were made elsewhere",
      "the memory of other services on the same Postgres",
      "ids in the list of changes, which a compaction removes after a day",
    ],
  };
  progress(STEPS, STEPS);
  return report;
};

const suspectsOf = async (
  { store }: ErasingCore,
  record: OpenCollection["record"],
  ids: readonly AnchorId[],
): Promise<Suspect[]> =>
  (await findAnchors(store, record, ids)).map(({ id, caption, metadata, imageVector, textVector }) => ({
    ...{ source: "the collection", id, caption, metadata, imageVector, textVector },
  }));

/** Null where there is nothing to search for, or no files of this installation's own. */
const searchBytes = async (
  { settings, store }: ErasingCore,
  collection: CollectionName,
  suspects: readonly Suspect[],
): Promise<SearchedBytes | null> => {
  const { dataDir } = settings;
  if (suspects.length === 0 || dataDir === null || store.server === "external") return null;
  const module = new URL("./search-worker.ts", import.meta.url);
  return callInWorker<SearchCalls, "search">(module, "search", { dataDir, collection, suspects });
};

/** All receipts up to the first erasure that covers `sequence`. */
const chainUpTo = async (
  { collections }: ErasingCore,
  name: CollectionName,
  sequence: number,
): Promise<Pick<ErasureReport, "chain" | "erasure">> => {
  const chain: ErasureReport["chain"][number][] = [];
  let cursor: string | undefined;
  do {
    const page = await collections.listReceipts(name, {
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const receipt of page.receipts) {
      chain.push(receipt);
      if (receipt.kind === "erasure" && receipt.sequence >= sequence) return { chain, erasure: receipt.id };
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  throw new AnchorageError("conflict", "The erasure has no receipt; compact the collection.");
};

const fitsOf = async ({ record, space }: OpenCollection): Promise<ErasureReport["fits"]> => {
  const view = space.view();
  const fitOf = async (modality: "image" | "text"): Promise<ErasureReport["fits"]["image"]> => {
    const { transform, transformSequence } = await view.look(modality, record.transform);
    return {
      transform: typeof transform === "string" ? transform : JSON.stringify(transform),
      sequence: transformSequence,
    };
  };
  return { image: await fitOf("image"), text: await fitOf("text") };
};
