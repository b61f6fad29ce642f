import { parametersFor, classify } from "../../../src/asif/index.ts";
import { alignMoments, applyAlignment } from "../../../src/features/adaptations/align.ts";
import { momentsOfRows, type RowMoments } from "../../../src/features/adaptations/moments.ts";
import { shiftBetween } from "../../../src/features/adaptations/shift.ts";
import { createRandom } from "../../../src/math/random.ts";
import { openAnchorSpace, type AnchorView, type Look } from "../../../src/retrieval/index.ts";
import type { AnchorId, Metadata, Sequence } from "../../../src/types.ts";

const NEIGHBOURS = 15;
const POWER = 4;
const FOLDS = 4;
const CLASSES = 200;
const UNLABELLED = 200;
const LABELS = ["group", "subgroup", "hexcode"] as const;
const FORMS = ["now", "mean", "aligned"] as const;
type Form = (typeof FORMS)[number];

/** One drawing with its vectors. */
export interface Drawing {
  readonly id: AnchorId;
  readonly text: string;
  readonly metadata: Metadata;
  readonly image: Float32Array;
  readonly words: Float32Array;
}

/** What was measured with one vendor's drawings as the new style. */
export interface StyleReport {
  readonly vendor: string;
  readonly shift: number;
  /** Accuracy of the vote of neighbours, by label and form. */
  readonly vote: Readonly<Record<(typeof LABELS)[number], Readonly<Record<Form, number>>>>;
  /** Top 1, 5 and 10 of classes that no anchor shows, and the gain of `aligned` in top 1 with its 95 % half-width. */
  readonly words: Readonly<Record<Form, readonly [number, number, number]>>;
  readonly gain: { readonly mean: number; readonly half: number };
}

const valueOf = ({ metadata }: Drawing, key: string): string => JSON.stringify(metadata[key]);

const stack = (rows: readonly Float32Array[]): Float32Array => {
  const d = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * d);
  rows.forEach((row, i) => all.set(row, i * d));
  return all;
};

const open = async (anchors: readonly Drawing[]) => {
  const [first] = anchors;
  const space = await openAnchorSpace({
    imageDimension: first?.image.length ?? 0,
    textDimension: first?.words.length ?? 0,
    transform: "auto",
  });
  const upserts = anchors.map(({ id, text, metadata, image, words }) => ({
    ...{ id, caption: text, metadata },
    ...{ imageVector: image, textVector: words },
  }));
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  const view = space.view();
  const look = await view.look("image", "auto");
  return { space, view, look, moments: await momentsOfRows(look.rows(view.liveSlots()), look.dimension) };
};

/** The questions in each form, as the look shows them. */
const formsOf = async (look: Look, anchors: RowMoments, unlabelled: Float32Array, asked: Float32Array) => {
  const target = await momentsOfRows(await look.show(unlabelled), look.dimension);
  const shown = await look.show(asked);
  const by = async (covariance: boolean): Promise<Float32Array> =>
    applyAlignment((await alignMoments(target, anchors, { covariance })).alignment, shown);
  return { now: shown, mean: await by(false), aligned: await by(true), target };
};

const vote = async (
  view: AnchorView,
  look: Look,
  shown: Float32Array,
  asked: readonly Drawing[],
  of: Map<AnchorId, Drawing>,
) => {
  const { slots, scores, width, counts } = await look.search(shown, { k: NEIGHBOURS });
  return LABELS.map(
    (label) =>
      asked.filter((drawing, row) => {
        const votes = new Map<string, number>();
        for (let i = 0; i < (counts[row] ?? 0); i++) {
          const anchor = of.get(view.entry(slots[row * width + i] ?? 0).id);
          if (anchor === undefined) continue;
          const value = valueOf(anchor, label);
          votes.set(value, (votes.get(value) ?? 0) + Math.max(0, scores[row * width + i] ?? 0) ** POWER);
        }
        const [best] = [...votes].sort((a, b) => b[1] - a[1]);
        return best?.[0] === valueOf(drawing, label);
      }).length,
  );
};

/** Measures alignment with one vendor's drawings kept out of the anchors. */
export const measureStyle = async (drawings: readonly Drawing[], vendor: string): Promise<StyleReport> => {
  const target = drawings.filter((drawing) => drawing.metadata.vendor === vendor);
  const anchors = drawings.filter((drawing) => drawing.metadata.vendor !== vendor);
  const of = new Map(anchors.map((anchor) => [anchor.id, anchor]));
  const shuffled = createRandom(0).shuffle(target);
  const half = shuffled.length >> 1;
  const halves = [shuffled.slice(0, half), shuffled.slice(half)] as const;
  const right = { now: [0, 0, 0], mean: [0, 0, 0], aligned: [0, 0, 0] };
  const opened = await open(anchors);
  let shift = 0;
  for (const [unlabelled, asked] of [halves, [halves[1], halves[0]]] as const) {
    const images = (some: readonly Drawing[]): Float32Array => stack(some.map(({ image }) => image));
    const forms = await formsOf(opened.look, opened.moments, images(unlabelled), images(asked));
    shift += shiftBetween(forms.target.mean, opened.moments.mean) / 2;
    for (const form of FORMS)
      (await vote(opened.view, opened.look, forms[form], asked, of)).forEach((count, i) => {
        right[form][i] = (right[form][i] ?? 0) + count;
      });
  }
  opened.space.close();
  const ofLabel = (label: number) =>
    Object.fromEntries(FORMS.map((form) => [form, (right[form][label] ?? 0) / target.length])) as Record<
      Form,
      number
    >;
  return {
    ...{ vendor, shift },
    vote: { group: ofLabel(0), subgroup: ofLabel(1), hexcode: ofLabel(2) },
    ...(await measureWords(target, anchors)),
  };
};

/** Classes that no anchor shows, asked for by the vendor's drawings with 200 of its other drawings unlabelled. */
const measureWords = async (
  target: readonly Drawing[],
  anchors: readonly Drawing[],
): Promise<Pick<StyleReport, "words" | "gain">> => {
  const ranks: Record<Form, number[]> = { now: [], mean: [], aligned: [] };
  const order = createRandom(1).shuffle(target);
  const count = Math.min(CLASSES, Math.floor(order.length / (FOLDS + 1)));
  for (let fold = 0; fold < FOLDS; fold++) {
    const asked = order.slice(fold * count, (fold + 1) * count);
    const hidden = new Set(asked.map((drawing) => valueOf(drawing, "hexcode")));
    const others = order.filter((drawing) => !hidden.has(valueOf(drawing, "hexcode"))).slice(-UNLABELLED);
    const memory = anchors.filter((anchor) => !hidden.has(valueOf(anchor, "hexcode")));
    const { space, view, look, moments } = await open(memory);
    const forms = await formsOf(
      look,
      moments,
      stack(others.map(({ image }) => image)),
      stack(asked.map(({ image }) => image)),
    );
    const { k, p } = parametersFor({ k: "auto", p: "auto" }, "auto", view.size);
    for (const form of FORMS) {
      const results = await classify(view, {
        images: await look.lift(forms[form]),
        prompts: stack(asked.map(({ words }) => words)),
        classes: asked.map(({ id }) => ({ name: id, prompts: 1 })),
        ...{ ensemble: "max", top: asked.length, explain: 0 },
        settings: { k, p, negatives: "cut", transform: "auto" },
      });
      results.forEach(({ classes }, i) => {
        ranks[form].push(classes.findIndex(({ name }) => name === asked[i]?.id));
      });
    }
    space.close();
  }
  const share = (form: Form, top: number): number =>
    ranks[form].filter((rank) => rank < top).length / ranks[form].length;
  const differences = ranks.now.map((rank, i) => Number(ranks.aligned[i] === 0) - Number(rank === 0));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / differences.length;
  const tops = (form: Form): [number, number, number] => [share(form, 1), share(form, 5), share(form, 10)];
  return {
    words: { now: tops("now"), mean: tops("mean"), aligned: tops("aligned") },
    gain: { mean, half: 1.96 * Math.sqrt(variance / differences.length) },
  };
};
