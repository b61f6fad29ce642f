import type { Job } from "../../api/service.ts";
import { dealFolds } from "../../asif/index.ts";
import { choiceOf } from "../../collections/encoder-choice.ts";
import type { Core, OpenCollection } from "../../collections/index.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError, invalidField, messageOf, type FieldPath } from "../../errors.ts";
import {
  ensureEncoder,
  listJobs,
  type CollectionRecord,
  type EncoderPair,
  type EncoderRecord,
  type Store,
} from "../../store/index.ts";
import type { CollectionName, Modality } from "../../types.ts";
import { TUNING_DEFAULTS } from "../tuning/index.ts";
import type { ReencodeRequest, Reencoding } from "./api.ts";
import type { MoveContext } from "./move.ts";
import { runReencoding } from "./run.ts";
import { findReencoding, listReencoded, type ReencodingRecord } from "./table.ts";
import { cannotEncode, NAMED } from "./vectors.ts";
import { countThumbnails, withoutSource } from "./sources.ts";

const KIND = "reencode";
const JOBS_LOOKED_AT = 10_000;
const MODALITIES = ["image", "text"] as const satisfies readonly Modality[];

/** Moves collections to other encoders while they serve queries and writes. */
export interface Reencodings {
  /**
   * Starts a job that moves a collection, or resumes an earlier one to the same encoders.
   *
   * @throws AnchorageError `invalid-input` for an encoder that is not registered; `unprocessable` for one that the
   * collection uses already, for an external one, if anchors lack the input of a vector, and if there are too few
   * captions for a comparison that decides; `conflict` if the collection is being moved
   */
  readonly start: (name: CollectionName, request: ReencodeRequest) => Promise<Job>;
  /** The latest move. @throws AnchorageError `not-found` if there is none */
  readonly get: (name: CollectionName) => Promise<Reencoding>;
  /** Resumes moves that a stopped service left or that failed temporarily, except those that another process runs. */
  readonly resume: () => Promise<void>;
}

/** The parts of the core that re-encoding needs. */
type ReencodingCore = Pick<Core, "collections" | "encoders" | "jobs" | "log" | "store">;

export const createReencodings = (core: ReencodingCore): Reencodings => {
  const { collections, jobs, log, store } = core;

  const find = async (name: CollectionName): Promise<ReencodingRecord> => {
    const { record } = await collections.find(name);
    const found = await findReencoding(store, record);
    if (found !== null) return found;
    throw new AnchorageError("not-found", `The collection "${name}" has not been re-encoded yet.`);
  };

  const goOn = createSoleJobs<undefined, CollectionName>(jobs, KIND, async (name) => {
    const found = await find(name);
    return (context) => runReencoding(core, name, found, context);
  });

  return {
    start: createSoleJobs<ReencodeRequest, CollectionName>(jobs, KIND, (name, request) =>
      planReencoding(core, name, request),
    ),

    get: async (name) => {
      const { from, to, apply, state, appliedAt, evaluation, startedAt, endedAt } = await find(name);
      const { record } = await collections.find(name);
      return {
        thumbnails: await countThumbnails(store, record),
        ...{ from: choicesOf(from), to: choicesOf(to) },
        ...{ apply, state, appliedAt, evaluation, startedAt, endedAt },
      };
    },

    resume: async () => {
      const unfinished = await listReencoded(store);
      const known = unfinished.length === 0 ? [] : await listJobs(store, JOBS_LOOKED_AT);
      for (const name of unfinished) {
        const last = known.find((job) => job.kind === KIND && job.subject === name);
        if (last?.state === "running") continue;
        log.info("going on with its move to other encoders", { collection: name });
        await goOn(name, undefined).catch((error: unknown) =>
          log.warn(`its move to other encoders does not go on: ${messageOf(error)}`, { collection: name }),
        );
      }
    },
  };
};

/** Validates the request; the returned function runs the move. */
const planReencoding = async (
  core: ReencodingCore,
  name: CollectionName,
  { imageEncoder, textEncoder, apply = "always", evaluate = true }: ReencodeRequest,
): Promise<(context: MoveContext) => Promise<void>> => {
  const collection = await core.collections.find(name);
  const { record } = collection;
  const from = { imageEncoder: record.imageEncoder, textEncoder: record.textEncoder };
  const to = {
    imageEncoder: await target(core, record.imageEncoder, imageEncoder),
    textEncoder: await target(core, record.textEncoder, textEncoder),
  };
  for (const modality of MODALITIES) await requireSources(core.store, record, modality, to);
  requireEvaluable(collection, apply, evaluate);
  const reencoding: ReencodingRecord = {
    ...{ from, to, apply, evaluate },
    state: "running",
    appliedAt: null,
    evaluation: null,
    startedAt: new Date(),
    endedAt: null,
  };
  return (context) => runReencoding(core, name, reencoding, context);
};

const choicesOf = ({ imageEncoder, textEncoder }: EncoderPair): Reencoding["from"] => ({
  imageEncoder: choiceOf(imageEncoder),
  textEncoder: choiceOf(textEncoder),
});

/** The requested replacement of the encoder `present`, if there is one. */
const target = async (
  { store, encoders }: ReencodingCore,
  present: EncoderRecord,
  wanted: ReencodeRequest["imageEncoder"],
): Promise<EncoderRecord> => {
  if (wanted === undefined) return present;
  const { modality } = present;
  const path = [`${modality}Encoder`];
  const known = encoders.list().filter((info) => info.modality === modality);
  const info = known.find(({ id }) => id === wanted);
  if (info === undefined) {
    if (/^external\b/.test(wanted))
      throw unprocessable(
        path,
        "an external encoder cannot encode what is stored; make a collection for it and write its vectors there",
      );
    throw invalidField(
      path,
      `there is no ${modality} encoder "${wanted}"; there are ${known.map(({ id }) => `"${id}"`).join(", ")}`,
    );
  }
  const record = await ensureEncoder(store, info);
  if (record.key === present.key)
    throw unprocessable(path, `"${wanted}" is the collection's encoder already`);
  return record;
};

/** @throws AnchorageError `unprocessable` with the number of anchors that lack the input of a vector */
const requireSources = async (
  store: Store,
  record: CollectionRecord,
  modality: Modality,
  to: EncoderPair,
): Promise<void> => {
  const side = `${modality}Encoder` as const;
  if (to[side].key === record[side].key) return;
  const { count, ids } = await withoutSource(store, record, modality, NAMED);
  if (count > 0) throw cannotEncode(modality, count, ids);
};

const requireEvaluable = ({ space }: OpenCollection, apply: Reencoding["apply"], evaluate: boolean): void => {
  if (apply === "always") return;
  if (!evaluate) throw invalidField(["evaluate"], `must be true where apply is "${apply}"`);
  // Throws if there are too few captions.
  dealFolds(space.view(), TUNING_DEFAULTS);
};

const unprocessable = (path: FieldPath, message: string): AnchorageError =>
  invalidField(path, message, "unprocessable");
