import { findReencoding, listReencoded } from "./store-reencodings.ts";
import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError, invalidField } from "../../errors.ts";
import {
  type CollectionRecord,
  type EncoderRecord,
  type Reencoding,
  type Store,
  ensureEncoder,
  withoutSource,
} from "../../store/index.ts";
import { dealFolds } from "../../asif/index.ts";
import { TUNING_DEFAULTS } from "../tuning/index.ts";
import type { CollectionName, JsonValue, Modality } from "../../types.ts";
import { choiceOf } from "../../collections/encoder-choice.ts";
import type { RemoveBuilt } from "../../collections/erasure.ts";
import type { CollectionHooks } from "../../collections/hooks.ts";
import type { Loader } from "../../collections/load.ts";
import type { OpenCollection } from "../../collections/memory.ts";
import type { Opened } from "../../collections/opened.ts";
import { runReencoding } from "./reencoding-run.ts";
import type { Evaluation, ReencodeRequest, Reencodings } from "./reencoding-types.ts";
import { cannotEncode, NAMED } from "./vector-making.ts";

const MODALITIES = ["image", "text"] as const satisfies readonly Modality[];

/** What a move is done with. */
export interface Moving {
  readonly store: Store;
  readonly encoders: EncoderRegistry;
  readonly opened: Opened;
  readonly loader: Loader;
  readonly removeBuilt: RemoveBuilt;
  readonly hooks: CollectionHooks;
}

export const createReencodings = (moving: Moving): Reencodings => {
  const { store, opened } = moving;

  const find = async (name: CollectionName): Promise<{ record: CollectionRecord; found: Reencoding }> => {
    const { record } = await opened.find(name);
    const found = await findReencoding(store, record);
    if (found !== null) return { record, found };
    throw new AnchorageError("not-found", `The collection "${name}" has not been re-encoded yet.`);
  };

  return {
    plan: async (name, request) => {
      const collection = await opened.find(name);
      const { record } = collection;
      const { imageEncoder, textEncoder, apply = "always", evaluate = true } = request;
      const from = { imageEncoder: record.imageEncoder, textEncoder: record.textEncoder };
      const to = {
        imageEncoder: await target(moving, record.imageEncoder, imageEncoder),
        textEncoder: await target(moving, record.textEncoder, textEncoder),
      };
      for (const modality of MODALITIES) await requireSources(store, record, modality, to);
      requireEvaluable(collection, apply, evaluate);
      const reencoding: Reencoding = {
        ...{ from, to, apply, evaluate },
        state: "running",
        appliedAt: null,
        evaluation: null,
        startedAt: new Date(),
        endedAt: null,
      };
      return (context) => runReencoding(moving, name, reencoding, context);
    },

    resume: async (name) => {
      const { found } = await find(name);
      return (context) => runReencoding(moving, name, found, context);
    },

    unfinished: () => listReencoded(store),

    get: async (name) => {
      const { from, to, evaluation, ...rest } = (await find(name)).found;
      return {
        ...{ apply: rest.apply, state: rest.state, appliedAt: rest.appliedAt },
        ...{ startedAt: rest.startedAt, endedAt: rest.endedAt },
        from: choicesOf(from),
        to: choicesOf(to),
        evaluation: evaluationOf(evaluation),
      };
    },
  };
};

const choicesOf = ({ imageEncoder, textEncoder }: Reencoding["from"]) => ({
  imageEncoder: choiceOf(imageEncoder),
  textEncoder: choiceOf(textEncoder),
});

/** Nobody else writes that column. */
const evaluationOf = (evaluation: JsonValue | null): Evaluation | null =>
  evaluation as unknown as Evaluation | null;

/** The encoder that is wanted in the place of `present`, where one is. */
const target = async (
  { store, encoders }: Moving,
  present: EncoderRecord,
  wanted: ReencodeRequest["imageEncoder"],
): Promise<EncoderRecord> => {
  if (wanted === undefined) return present;
  const { modality } = present;
  const path = `${modality}Encoder`;
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

/** @throws AnchorageError `unprocessable` that says how many anchors lack what a vector would be made of */
const requireSources = async (
  store: Store,
  record: CollectionRecord,
  modality: Modality,
  to: Reencoding["to"],
): Promise<void> => {
  const side = `${modality}Encoder` as const;
  if (to[side].key === record[side].key) return;
  const { count, ids } = await withoutSource(store, record, modality, NAMED);
  if (count > 0) throw cannotEncode(modality, count, ids);
};

const requireEvaluable = ({ space }: OpenCollection, apply: Reencoding["apply"], evaluate: boolean): void => {
  if (apply === "always") return;
  if (!evaluate) throw invalidField("evaluate", `must be true where apply is "${apply}"`);
  // Throws where there are too few.
  dealFolds(space.view(), TUNING_DEFAULTS);
};

const unprocessable = (path: string, message: string): AnchorageError =>
  new AnchorageError("unprocessable", `${path}: ${message}`, { faults: [{ path, message }] });
