import { join } from "node:path";
import type { Core } from "../../../collections/index.ts";
import { decoderDirectory } from "../../../config.ts";
import { AnchorageError, isAnchorageError, messageOf, notFound } from "../../../errors.ts";
import {
  DECODER_ID,
  listDecoders,
  openDecoderModel,
  type DecoderListing,
  type DecoderModel,
} from "../index.ts";

/** The language models that this service can run, opened when they are first used. */
export interface Decoders {
  /** In the order of their ids. */
  readonly list: () => Promise<(DecoderListing & { readonly sha256: string | null })[]>;
  /** @throws AnchorageError `not-found`; `unprocessable` where its files are not as they should be */
  readonly get: (id: string) => Promise<DecoderModel>;
  readonly close: () => Promise<void>;
}

const ofCore = new WeakMap<Core, Decoders>();

/** The language models under `DATA_DIR/decoders`; several features run them, each network is loaded once. */
export const decodersOf = (core: Core): Decoders => {
  const { dataDir } = core.settings;
  const decoders = ofCore.get(core) ?? openDecoders(dataDir === null ? null : decoderDirectory(dataDir));
  ofCore.set(core, decoders);
  return decoders;
};

/** @param folder of the decoders; null: there are none */
export const openDecoders = (folder: string | null): Decoders => {
  const open = new Map<string, Promise<DecoderModel>>();
  const known = new Map<string, string>();
  const list = async () => (folder === null ? [] : listDecoders(folder));
  return {
    list: async () =>
      (await list()).map((decoder) => ({ ...decoder, sha256: known.get(decoder.id) ?? null })),
    get: async (id) => {
      const found = open.get(id);
      if (found !== undefined) return found;
      const isThere = DECODER_ID.test(id) && (await list()).some((decoder) => decoder.id === id);
      if (folder === null || !isThere) throw notFound("decoder", id);
      const opening = open.get(id) ?? opened(join(folder, id));
      open.set(id, opening);
      opening.then(
        ({ sha256 }) => known.set(id, sha256),
        // A mended folder can be tried again.
        () => open.delete(id),
      );
      return opening;
    },
    close: async () => {
      const all = await Promise.allSettled(open.values());
      open.clear();
      for (const one of all) if (one.status === "fulfilled") await one.value.close();
    },
  };
};

/** Networks are built at first use, so faults of the weights appear only then. */
const opened = async (folder: string): Promise<DecoderModel> => {
  const model = await openDecoderModel(folder).catch(unusable);
  return {
    ...model,
    open: (shape) => model.open(shape).catch(unusable),
    openTraining: (shape) => model.openTraining(shape).catch(unusable),
  };
};

/** The operator's files are at fault, not the service; the caller can use another decoder. */
const unusable = (error: unknown): never => {
  if (!isAnchorageError(error)) throw error;
  throw new AnchorageError("unprocessable", messageOf(error), { cause: error });
};
