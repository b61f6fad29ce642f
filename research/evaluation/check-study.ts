import sharp from "sharp";
import type { Core } from "../../src/collections/index.ts";
import { checkAnchors } from "../../src/features/health/check.ts";
import { CHECK_DEFAULTS, type CheckFindings, type ProblemKind } from "../../src/features/health/api.ts";
import { createRandom } from "../../src/math/random.ts";
import { mean } from "../../src/math/statistics.ts";
import { openAnchorSpace, readProfile, type AnchorView, type Slot } from "../../src/retrieval/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../src/types.ts";

/** The share of anchors that are planted of each kind. */
const SHARE = 0.03;
/** Side and quality of a copy that was saved again. */
const COPY = { side: 120, quality: 60 };
/** Thresholds of the mismatch rank that are compared. */
export const RANKS = [0.2, CHECK_DEFAULTS.mismatchRank, 0.4, 0.5] as const;
/** Cosines from which pictures are the same. */
export const COSINES = [0.99, CHECK_DEFAULTS.imageSimilarity] as const;

/** How many of the listed were planted, and of the planted listed. */
export interface Hits {
  readonly precision: number;
  readonly recall: number;
}

/** What one seed gave; lists are in the order of {@link RANKS} and {@link COSINES}. */
export interface CheckTrial {
  readonly seed: number;
  readonly planted: number;
  readonly mismatches: readonly Hits[];
  readonly duplicates: readonly (Hits & {
    /** Recall among copies of the same bytes, and among those saved again. */
    readonly exact: number;
    readonly savedAgain: number;
  })[];
}

/**
 * Plants swapped captions and copied pairs among the anchors of a collection, checks them, and compares what is listed with
 * what was planted. Faults that the collection had before count against precision.
 */
export const runCheckTrial = async (
  core: Pick<Core, "collections" | "encoders">,
  name: CollectionName,
  seed: number,
  signal: AbortSignal,
): Promise<CheckTrial> => {
  const { view, record } = await core.collections.queried(name);
  const random = createRandom(seed);
  const order = random.shuffle(Array.from(view.liveSlots()));
  const number = Math.round(SHARE * view.size);
  const swapped = order.slice(0, number);
  const copied = order.slice(number, 2 * number);
  const captionFrom = new Map(swapped.map((slot, i) => [slot, swapped[(i + 1) % number] ?? slot] as const));
  const again = copied.slice(0, Math.floor(number / 2));
  const saved = await Promise.all(
    again.map(async (slot) => {
      const { bytes } = await core.collections.getImage(name, view.entry(slot).id);
      return sharp(bytes).resize(COPY.side).webp({ quality: COPY.quality }).toBuffer();
    }),
  );
  const vectors = await core.encoders.encodeImages(record.imageEncoder.id, saved);
  const space = await openAnchorSpace({
    imageDimension: view.dimension("image"),
    textDimension: view.dimension("text"),
    transform: "none",
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  try {
    const upsert = (slot: Slot, id: AnchorId, textOf: Slot, imageVector?: Float32Array) => ({
      ...view.entry(slot),
      id,
      caption: view.entry(textOf).caption,
      imageVector: imageVector ?? view.vectors("image", [slot]),
      textVector: view.vectors("text", [textOf]),
    });
    const d = view.dimension("image");
    space.apply({
      sequence: 1 as Sequence,
      upserts: [
        ...Array.from(view.liveSlots(), (slot) =>
          upsert(slot, view.entry(slot).id, captionFrom.get(slot) ?? slot),
        ),
        ...copied.map((slot, i) =>
          upsert(
            slot,
            copyOf(view, slot),
            slot,
            i < again.length ? vectors.slice(i * d, (i + 1) * d) : undefined,
          ),
        ),
      ],
      deletes: [],
    });
    const check = (imageSimilarity: number): Promise<CheckFindings> =>
      checkAnchors(
        space.view(),
        record.ensemble,
        { ...CHECK_DEFAULTS, imageSimilarity, mismatchRank: RANKS[0], limit: view.size },
        { signal, progress: () => undefined },
      );
    const idOf = (slot: Slot): string => view.entry(slot).id;
    const wrong = swapped.filter((slot) => {
      const from = captionFrom.get(slot) ?? slot;
      return view.entry(from).caption !== view.entry(slot).caption;
    });
    const checks = await Promise.all(COSINES.map(check));
    const listed = listOf(checks.at(-1), "mismatches");
    return {
      seed,
      planted: number,
      mismatches: RANKS.map((rank) => {
        const ids = listed.filter(({ score }) => score > rank).map(({ anchors: [one] }) => one?.anchor ?? "");
        return hits(ids, new Set(wrong.map(idOf)));
      }),
      duplicates: checks.map((found) => {
        const groups = listOf(found, "duplicate-pairs").map(
          ({ anchors }) => new Set<string>(anchors.map(({ anchor }) => anchor)),
        );
        const isFound = (slot: Slot): boolean =>
          groups.some((group) => group.has(idOf(slot)) && group.has(copyOf(view, slot)));
        const share = (slots: readonly Slot[]): number => slots.filter(isFound).length / slots.length;
        const surplus = groups.reduce((sum, group) => sum + group.size - 1, 0);
        return {
          precision: copied.filter(isFound).length / surplus,
          recall: share(copied),
          exact: share(copied.slice(again.length)),
          savedAgain: share(again),
        };
      }),
    };
  } finally {
    space.close();
  }
};

const copyOf = (view: AnchorView, slot: Slot): AnchorId => `${view.entry(slot).id} copy` as AnchorId;

const listOf = (found: CheckFindings | undefined, kind: ProblemKind) =>
  found?.problems.find((problem) => problem.kind === kind)?.findings ?? [];

const hits = (listed: readonly string[], planted: ReadonlySet<string>): Hits => {
  const right = listed.filter((id) => planted.has(id)).length;
  return { precision: right / listed.length, recall: right / planted.size };
};

const percent = (values: readonly number[]): string => `${(100 * mean(values)).toFixed(1).padStart(6)} %`;

/** The means over seeds, as lines. */
export const checkStudyLines = (trials: readonly CheckTrial[]): string[] => [
  `${trials[0]?.planted ?? 0} swapped captions and as many copies planted, ${trials.length} seeds`,
  "                              precision   recall",
  ...RANKS.map((rank, i) => {
    const of = (key: keyof Hits): string =>
      percent(trials.map(({ mismatches }) => mismatches[i]?.[key] ?? 0));
    return `mismatches, rank above ${rank.toFixed(1)}    ${of("precision")} ${of("recall")}`;
  }),
  ...COSINES.map((cosine, i) => {
    const of = (key: "precision" | "recall" | "exact" | "savedAgain"): string =>
      percent(trials.map(({ duplicates }) => duplicates[i]?.[key] ?? 0));
    return `pairs, cosine of ${cosine.toFixed(3)}        ${of("precision")} ${of("recall")}   (same bytes ${of("exact").trim()}, saved again ${of("savedAgain").trim()})`;
  }),
];
