import { isAnchorageError, type AnchorageError } from "../../errors.ts";
import { type CollectionRecord, type EncoderPair } from "../../store/index.ts";
import type { CollectionName } from "../../types.ts";
import { move, SIDES, type MoveContext, type MoveCore } from "./move.ts";
import { findReencoding, saveReencoding, type ReencodingRecord } from "./table.ts";
import { removeVectors } from "./sources.ts";

/**
 * Moves a collection to other encoders: computes new vectors beside the old ones, compares both, switches at one
 * sequence, and deletes the old vectors. An interrupted move resumes with the vectors that it has.
 *
 * @throws the signal's reason if it aborts before the switch; a cancelled move deletes its vectors
 */
export const runReencoding = async (
  core: MoveCore,
  name: CollectionName,
  planned: ReencodingRecord,
  context: MoveContext,
): Promise<void> => {
  const { store, collections } = core;
  const { record } = await collections.find(name);
  let present = planned;
  const save = async (change: Partial<ReencodingRecord>): Promise<void> => {
    present = { ...present, ...change };
    await saveReencoding(store, record, present);
  };
  const remove = async (gone: EncoderPair, stay: EncoderPair): Promise<void> => {
    for (const side of SIDES)
      if (gone[side].key !== stay[side].key) await removeVectors(store, record, gone[side]);
  };

  await removeRemains(core, record, planned);
  await save({});
  if (present.state === "running") {
    try {
      const moved = await move(core, record, present, context, (evaluation) => save({ evaluation }));
      if (moved === null) {
        await remove(present.to, present.from);
        await save({ state: "done", endedAt: new Date() });
        return;
      }
      present = { ...present, state: "switched", appliedAt: moved };
    } catch (error) {
      if (goesOn(error, context)) throw error;
      const stored = await findReencoding(store, record);
      if (stored?.state !== "running") throw error;
      await save({ state: context.cancelled() ? "cancelled" : "failed" });
      await remove(present.to, present.from);
      await save({ endedAt: new Date() });
      throw error;
    }
  }
  const [gone, stay] = present.state === "switched" ? [present.from, present.to] : [present.to, present.from];
  await remove(gone, stay);
  await save({ ...(present.state === "switched" ? { state: "done" as const } : {}), endedAt: new Date() });
};

/** Whether it resumes at the next start or on request: the service is stopping, or Postgres is unavailable. */
const goesOn = (error: unknown, { signal, cancelled }: MoveContext): boolean =>
  !cancelled() && (signal.aborted || isCode(error, "unavailable") || isCode(error, "not-found"));

const isCode = (error: unknown, code: AnchorageError["code"]): boolean =>
  isAnchorageError(error) && error.code === code;

/** Deletes the vectors of an earlier move to other encoders than these. */
const removeRemains = async (
  { store }: MoveCore,
  record: CollectionRecord,
  { from, to }: ReencodingRecord,
): Promise<void> => {
  const earlier = await findReencoding(store, record);
  if (earlier?.endedAt !== null) return;
  const used = new Set([from, to].flatMap((pair) => SIDES.map((side) => pair[side].key)));
  for (const pair of [earlier.from, earlier.to])
    for (const side of SIDES) if (!used.has(pair[side].key)) await removeVectors(store, record, pair[side]);
};
