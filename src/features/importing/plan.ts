import { isAnchorageError } from "../../errors.ts";
import { sha256Of } from "./hashes.ts";
import { createIdentities, type Identities } from "./identities.ts";
import type { CaptionKind, Entry, Pair, PairSource } from "./types.ts";

/** What an import found, before it does anything. This module runs in a browser too: it imports nothing of Node. */
export interface Plan {
  readonly unit: PairSource["unit"];
  /** Number of entries: `pairs` + `rejected` + `ignored`. */
  readonly found: number;
  readonly pairs: number;
  /** Number of different images of the pairs. */
  readonly images: number;
  readonly rejected: number;
  readonly ignored: number;
  /** Number of captions by the place that they come from, the most first. */
  readonly captions: readonly {
    readonly kind: CaptionKind;
    readonly label: string;
    readonly count: number;
  }[];
  /** What is no pair, in short: names of files, or numbers of files by their extension. */
  readonly unused: readonly string[];
  /** Sources of captions that were found and are not used. */
  readonly unusedCaptions: readonly { readonly kind: CaptionKind; readonly source: string }[];
  readonly containers: readonly string[];
  readonly identities: Identities;
}

export interface PlanOptions {
  /** Whether every id gets the name of its container. */
  readonly prefix: boolean;
  /** Why a pair cannot become an anchor, as far as is known without its image; null if nothing is wrong. */
  readonly faultOf: (pair: Pair) => string | null;
  readonly signal: AbortSignal;
  /** @param fraction how much of the source has been read, 0 to 1 */
  readonly onProgress: (found: number, fraction: number) => void;
}

/**
 * Reads every entry of a source, and no image that is not in the source itself.
 *
 * @throws what the source throws
 * @example
 * ```ts
 * const plan = await planImport(source, { prefix: false, faultOf, signal, onProgress });
 * describePlan(plan); // "812 files: 804 images; captions: 790 from .txt, 14 from file names; not used: 8 .heic"
 * ```
 */
export const planImport = async (source: PairSource, options: PlanOptions): Promise<Plan> => {
  const identities = createIdentities({ prefix: options.prefix });
  const captions = new Map<string, Plan["captions"][number]>();
  const unused = new Map<string, { readonly first: string; count: number }>();
  const unusedCaptions: { kind: CaptionKind; source: string }[] = [];
  const counts = { pairs: 0, rejected: 0, ignored: 0 };
  const found = (): number => counts.pairs + counts.rejected + counts.ignored;

  const add = async (entry: Entry): Promise<void> => {
    if (entry.kind === "pair" && options.faultOf(entry) === null) {
      counts.pairs++;
      const { kind, label } = entry.captionFrom;
      captions.set(label, { kind, label, count: (captions.get(label)?.count ?? 0) + 1 });
      identities.note(entry, entry.embedded === true ? await hashOfImage(entry) : null);
      return;
    }
    countUnused(unused, entry.source);
    if (entry.kind !== "ignored") {
      counts.rejected++;
      return;
    }
    counts.ignored++;
    if (entry.captionKind !== undefined)
      unusedCaptions.push({ kind: entry.captionKind, source: entry.source });
  };

  for await (const entry of source.entries()) {
    if (options.signal.aborted) break;
    await add(entry);
    options.onProgress(found(), source.fraction());
  }
  return {
    ...counts,
    unit: source.unit,
    found: found(),
    images: identities.images(),
    captions: [...captions.values()].sort((a, b) => b.count - a.count),
    unused: Array.from(unused, ([kind, { first, count }]) => (count === 1 ? first : `${count} ${kind}`)),
    unusedCaptions,
    containers: identities.containers(),
    identities,
  };
};

/** An image that cannot be read is rejected later, with its reason. */
const hashOfImage = async (pair: Pair): Promise<string | null> => {
  try {
    return await sha256Of(await pair.image());
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return null;
  }
};

/** The plan on one line. */
export const describePlan = ({ unit, found, images, captions, unused }: Plan): string => {
  const parts = [
    `${counted(found, unit)}: ${counted(images, "image")}`,
    captions.length === 0
      ? "no caption"
      : `captions: ${captions.map(({ label, count }) => `${count} from ${label}`).join(", ")}`,
    ...(unused.length === 0 ? [] : [`not used: ${unused.join(", ")}`]),
  ];
  return parts.join("; ");
};

/**
 * Why an import must not start before someone has said which captions to take; null if it is clear.
 *
 * @param chosen whether `--caption-from` was given
 */
export const openQuestion = (plan: Plan, chosen: boolean): OpenQuestion | null => {
  if (chosen) return null;
  const [unused] = plan.unusedCaptions;
  if (unused !== undefined) {
    const used = plan.captions.map(({ kind }) => kind).filter((kind) => kind !== "name");
    const ways = [...new Set([unused.kind, ...used])].map((kind) => `--caption-from ${kind}`);
    const more = plan.unusedCaptions.length - 1;
    return {
      kind: "unused",
      text: `${unused.source}${more > 0 ? ` and ${more} more` : ""} would not be used for captions: say which are meant by ${ways.join(" or ")}`,
    };
  }
  const named = plan.captions.find(({ kind }) => kind === "name");
  if (named === undefined) return null;
  const others = plan.captions.some(({ kind }) => kind !== "name");
  return {
    kind: "names",
    text: `${counted(named.count, "image")} would get the file's name as the caption: --caption-from ${others ? "auto,name" : "name"} says so`,
  };
};

/** `unused`: there are captions that would be left. `names`: file names would become captions. */
export interface OpenQuestion {
  readonly kind: "unused" | "names";
  readonly text: string;
}

const counted = (count: number, noun: string): string => {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 ? noun : plural}`;
};

/** Files are counted by their extension, rows and members of archives by their file. */
const countUnused = (unused: Map<string, { first: string; count: number }>, source: string): void => {
  const name = source.split(/[/\\]/).at(-1) ?? source;
  const [, file = name, extension, within] = /^([^:#]*?(\.[^.:#]+)?)(?:[:#](.*))?$/.exec(name) ?? [];
  const kind = within === undefined ? (extension ?? "others") : `of ${file}`;
  const known = unused.get(kind);
  if (known === undefined) unused.set(kind, { first: name, count: 1 });
  else known.count++;
};
