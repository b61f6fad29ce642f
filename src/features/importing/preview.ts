import { isAnchorageError, messageOf } from "../../errors.ts";
import { reject, type Reject } from "../files/index.ts";
import { faultIn } from "./check.ts";
import { chooseId, type TakenId } from "./choose-id.ts";
import { sha256Of } from "./hashes.ts";
import type { Identities } from "./identities.ts";
import { loadImage } from "./load-image.ts";
import type { Entry, Pair, PairSource } from "./types.ts";

const DECODED_AT_ONCE = 4;

/** What an import into an empty collection would do. */
export interface Preview {
  readonly pairs: number;
  /** Pairs that came before with the same content. */
  readonly repeated: number;
  readonly rejected: number;
  readonly ignored: number;
  /** The first of the pairs, with the ids that they would get. */
  readonly examples: readonly Pair[];
}

export interface PreviewOptions {
  /** Of the plan that was made of the same source. */
  readonly identities: Identities;
  /** @throws AnchorageError if the bytes are not an image that can be read */
  readonly decode: (image: Uint8Array) => Promise<unknown>;
  readonly examples: number;
  readonly signal: AbortSignal;
  readonly onReject: (reject: Reject) => void;
  readonly onProgress: (read: number) => void;
}

/** Reads every entry of `source`, decodes every image, and stores nothing. */
export const previewPairs = async (source: PairSource, options: PreviewOptions): Promise<Preview> => {
  const { identities, onReject } = options;
  const examples: Pair[] = [];
  const taken = new Map<string, TakenId>();
  const counts = { pairs: 0, repeated: 0, rejected: 0, ignored: 0 };

  const refuse = (source: string, reason: string, id?: string): void => {
    counts.rejected++;
    onReject(reject(source, reason, id));
  };
  const count = (entry: Entry, image: DecodedImage): void => {
    if (entry.kind === "ignored") counts.ignored++;
    else if (entry.kind === "reject") refuse(entry.source, entry.reason, entry.id);
    else if ("fault" in image) refuse(entry.source, image.fault, entry.id);
    else {
      const ids = identities.idsOf(entry, image.sha256);
      const choice = chooseId(ids, new Map(), taken);
      if (choice.do === "refuse") refuse(entry.source, choice.reason, entry.id);
      else if (choice.do === "skip") counts.repeated++;
      else {
        taken.set(choice.id, { content: ids.content, source: entry.source });
        counts.pairs++;
        if (examples.length < options.examples) examples.push({ ...entry, id: choice.id });
      }
    }
  };

  let read = 0;
  const finish = async (entries: readonly Entry[]): Promise<void> => {
    const images = await Promise.all(entries.map((entry) => decodeImage(entry, options.decode)));
    entries.forEach((entry, i) => count(entry, images[i] ?? NO_IMAGE));
    options.onProgress((read += entries.length));
  };
  const pending: Entry[] = [];
  options.onProgress(read);
  for await (const entry of source.entries()) {
    if (options.signal.aborted) break;
    if (pending.push(entry) >= DECODED_AT_ONCE) await finish(pending.splice(0));
  }
  if (pending.length > 0) await finish(pending);
  return { ...counts, examples };
};

type DecodedImage = { readonly sha256: string } | { readonly fault: string };

const NO_IMAGE: DecodedImage = { fault: "has no image" };

const decodeImage = async (entry: Entry, decode: PreviewOptions["decode"]): Promise<DecodedImage> => {
  if (entry.kind !== "pair") return NO_IMAGE;
  const fault = faultIn(entry);
  if (fault !== null) return { fault };
  const image = await loadImage(entry);
  if (typeof image === "string") return { fault: image };
  try {
    await decode(image);
    return { sha256: await sha256Of(image) };
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return { fault: error.faults[0]?.message ?? messageOf(error) };
  }
};
