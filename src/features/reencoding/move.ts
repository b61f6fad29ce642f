import { parametersFor, scoreTexts } from "../../asif/index.ts";
import { isPlugged } from "../../api/methods.ts";
import type { Core, OpenCollection, Successor } from "../../collections/index.ts";
import type { JobContext } from "../../collections/jobs/index.ts";
import type { CollectionHooks } from "../../collections/hooks.ts";
import { haveEncoders } from "../../collections/load.ts";
import { plugOf } from "../../collections/question.ts";
import { requireInstalled } from "../../encoders/index.ts";
import { isAnchorageError, notFound } from "../../errors.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import {
  findCollection,
  readAll,
  readSince,
  type CollectionRecord,
  type EncoderPair,
  type EncoderRecord,
  type MadeVector,
  type VectorSource,
} from "../../store/index.ts";
import type { CollectionDefaults, Sequence } from "../../types.ts";
import { presentChoice, TUNING_DEFAULTS, type TuneContext } from "../tuning/index.ts";
import type { Evaluation } from "./api.ts";
import { compareViews } from "./compare.ts";
import { switchEncoders, type ReencodingRecord } from "./table.ts";
import { fillVectors, makeVectors } from "./vectors.ts";
import { countWithoutVector } from "./sources.ts";

export const SIDES = ["imageEncoder", "textEncoder"] as const;

/** Maximum number of missing vectors at the move, for which writers have to wait. */
const LATE = 32;
/** After this number of attempts, writers wait for all missing vectors. */
const ATTEMPTS = 10;

/** The parts of the core that a move needs. */
export type MoveCore = Pick<Core, "collections" | "store" | "encoders">;
export type MoveContext = Pick<JobContext, "signal" | "cancelled" | "progress">;

/** The new memory, and the sequence from which on it may lack writes. */
interface Beside extends Successor {
  readonly from: Sequence;
}

/** @returns the sequence of the move; null if there was none */
export const move = async (
  core: MoveCore,
  record: CollectionRecord,
  reencoding: ReencodingRecord,
  context: MoveContext,
  onEvaluated: (evaluation: Evaluation) => Promise<void>,
): Promise<Sequence | null> => {
  const { encoders, collections } = core;
  const { to, apply, evaluate } = reencoding;
  for (const encoder of changedIn(reencoding)) requireInstalled(encoders, encoder);
  const fill = await filling(core, record, reencoding, context);
  const beside = await openBeside(core, record, to, fill);
  try {
    if (evaluate) {
      const evaluation = await evaluated(await collections.find(record.name), beside.space.view(), apply, {
        signal: context.signal,
        plugs: collections.hooks.methods,
      });
      if (evaluation !== null) await onEvaluated(evaluation);
      const isWanted = apply === "always" || (apply === "if-better" && evaluation?.better === true);
      if (!isWanted) {
        beside.space.close();
        return null;
      }
    }
    await warm(beside.space.view(), (await collections.find(record.name)).defaults(), collections.hooks);
    for (let attempt = 1; ; attempt++) {
      context.signal.throwIfAborted();
      const atMost = attempt < ATTEMPTS ? LATE : Number.MAX_SAFE_INTEGER;
      const old = await collections.find(record.name);
      if (old.record.key !== record.key) throw notFound("collection", record.name);
      const moved = await old.exclusively(() => moveNow(core, old, reencoding, beside, atMost));
      if (moved !== null) {
        await settle(core, old, moved);
        return moved.sequence;
      }
      await fill();
    }
  } catch (error) {
    const { record: now } = await collections.find(record.name).catch(() => ({ record }));
    if (!haveEncoders(now, to)) beside.space.close();
    throw error;
  }
};

/**
 * Deletes the files of the old encoders and keeps the fits made before the move. Nothing that was deleted during the
 * move may stay in memory, because its erasure may be recorded already.
 */
const settle = async ({ collections }: MoveCore, old: OpenCollection, { next }: Moved): Promise<void> => {
  if (next === null) return;
  await collections.moving.renewFiles(old, next);
  await next.space.refit();
  await next.space.compact();
};

const changedIn = ({ from, to }: ReencodingRecord): EncoderRecord[] =>
  SIDES.filter((side) => from[side].key !== to[side].key).map((side) => to[side]);

/** Computes the missing vectors on each call, and reports progress. */
const filling = async (
  { store, encoders }: MoveCore,
  record: CollectionRecord,
  reencoding: ReencodingRecord,
  { signal, progress }: MoveContext,
): Promise<() => Promise<void>> => {
  const changed = changedIn(reencoding);
  let missing = 0;
  for (const encoder of changed)
    missing += await store.query((queries) => countWithoutVector(queries, record, encoder));
  const present = (await findCollection(store, record.name))?.anchorCount ?? 0;
  let done = Math.max(0, changed.length * present - missing);
  let total = done + missing;
  progress(done, total);
  const onMade = (count: number): void => {
    done += count;
    total = Math.max(total, done);
    progress(done, total);
  };
  return async () => {
    for (const encoder of changed) await fillVectors(store, encoders, record, encoder, { signal, onMade });
  };
};

/** Loads the collection's anchors with the vectors of other encoders into memory. */
const openBeside = async (
  { store, collections }: MoveCore,
  record: CollectionRecord,
  to: EncoderPair,
  fill: () => Promise<void>,
): Promise<Beside> => {
  // Writes from here on may be too late for `fill`, so they are read again at the move.
  const from = (await findCollection(store, record.name))?.sequence ?? (0 as Sequence);
  await fill();
  const successor = await collections.moving.succeed(record, to);
  const { space } = successor;
  const sequence = await readAll(
    store,
    record,
    (batch) => space.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] }),
    to,
  );
  space.apply({ sequence, upserts: [], deletes: [] });
  return { ...successor, from };
};

/** @returns null if there are too few captions for a comparison */
const evaluated = async (
  { space, defaults }: OpenCollection,
  after: AnchorView,
  apply: ReencodingRecord["apply"],
  asked: Pick<TuneContext, "signal" | "plugs">,
): Promise<Evaluation | null> => {
  const started = performance.now();
  const views = { before: space.view(), after };
  const choice = presentChoice(defaults(), after.size);
  // The progress shown is that of encoding.
  const context = { ...asked, progress: () => undefined };
  try {
    const compared = await compareViews(views, choice, TUNING_DEFAULTS, context);
    const better = compared.after.meanReciprocalRank > compared.before.meanReciprocalRank;
    return { ...compared, better, tookMs: Math.round(performance.now() - started) };
  } catch (error) {
    if (apply === "always" && isAnchorageError(error) && error.code === "unprocessable") return null;
    throw error;
  }
};

/** Fits the transforms that queries will need, so that the first query after the move does not wait. */
const warm = async (
  view: AnchorView,
  { asif, transform, method, rank }: CollectionDefaults,
  { methods }: Pick<CollectionHooks, "methods">,
): Promise<void> => {
  const [first] = view.liveSlots();
  if (first === undefined) return;
  const [image, text] = [view.vectors("image", [first]), view.vectors("text", [first])];
  const plug = isPlugged(method) ? { plug: plugOf(methods, method) } : {};
  const parameters = parametersFor(asif, transform, view.size);
  const settings = { ...asif, ...parameters, transform, ...(rank === null ? {} : { rank }), ...plug };
  await scoreTexts(view, method, image, text, settings);
};

interface Moved {
  readonly sequence: Sequence;
  /** Null if the collection had to be read again. */
  readonly next: OpenCollection | null;
}

/**
 * Runs without a write of this process in between: the move in Postgres, then in memory. If a step between them
 * fails, memory catches up as in other processes.
 */
const moveNow = async (
  { store, encoders, collections }: MoveCore,
  old: OpenCollection,
  reencoding: ReencodingRecord,
  { space, replace, from }: Beside,
  atMost: number,
): Promise<Moved | null> => {
  const { record } = old;
  const encode = (encoder: EncoderRecord, sources: readonly VectorSource[]): Promise<MadeVector[]> =>
    makeVectors(encoders, encoder, sources);
  const sequence = await switchEncoders(store, record, reencoding, encode, atMost, collections.hooks.onMove);
  if (sequence === null) return null;
  const present = await findCollection(store, record.name);
  if (present?.key !== record.key) throw notFound("collection", record.name);
  let { asif, transform, method, rank, ensemble }: CollectionDefaults = present;
  const { gap, moved } = await readSince(store, present, from, ({ reached, upserts, deletes, defaults }) => {
    ({ asif, transform, method, rank, ensemble } = defaults);
    space.apply({ sequence: reached ?? from, upserts, deletes });
  });
  if (gap || moved) {
    space.close();
    await collections.moving.follow(record);
    return { sequence, next: null };
  }
  return { sequence, next: replace(old, { ...present, asif, transform, method, rank, ensemble }) };
};
