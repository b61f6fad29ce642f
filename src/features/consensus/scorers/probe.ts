import { AnchorageError } from "../../../errors.ts";
import type { AnchorView, Slot } from "../../../retrieval/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { fitProbe, predict, type Probe } from "../probe/index.ts";
import { anchorItem, labelKey, labelsAt, labelsOf, once, type Item, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface ProbeSettings extends ScorerSettings {
  /** The metadata field that holds an anchor's class, or a list of its classes. */
  readonly field: string;
  /** In units of the mean eigenvalue of the vectors' Gram matrix; absent: 0.1. */
  readonly ridge?: number;
  /** The class that proposed images are to be of; absent: proposed texts are classes of the condition's image. */
  readonly target?: string;
}

/** Anchors that it is fitted on, evenly spaced, at most; fewer of long vectors, for it takes the square of their length. */
const MOST_ANCHORS = 4_000;
const MOST_WORK = 2.5e10;
const MOST_CLASSES = 1_000;
/** Anchors whose raw vectors are copied at once. */
const AT_ONCE = 1_024;
/** The most recent probes of one state of a collection; bounded, because requests choose the ridge. */
const MOST_KEPT = 8;

interface Fitted {
  readonly probe: Probe;
  readonly places: ReadonlyMap<string, number>;
}

/** Of all anchors of a view; what some of them are left out of is fitted for the run alone. */
const kept = new WeakMap<AnchorView, Map<string, Promise<Fitted>>>();

/**
 * The log-probability of a class by a linear classifier that is fitted on the anchors' image vectors over a metadata
 * field, or of an image being of one. What is no class, or not among the thousand most frequent, cannot be judged. Reports
 * its own leave-one-out accuracy.
 */
export const createProbeScorer = (
  scene: Scene,
  { field, ridge, target, ...settings }: ProbeSettings,
): Scorer => {
  let found: Fitted | undefined;
  let asking: AbortSignal | undefined;
  const fit = once(async () => (found = await fitOnce(scene, field, ridge, asking)));
  const logsOf = async ({ probe }: Fitted, items: readonly Item[]): Promise<Float64Array> =>
    predict(probe, await scene.show(items));

  return {
    ...settled(settings, { name: "probe" }),
    kinds: target === undefined ? ["text"] : ["anchor", "vector"],
    score: async (proposals, signal) => {
      asking = signal;
      const fitted = await fit();
      const { classes } = fitted.probe;
      const scores = new Float64Array(proposals.length).fill(Number.NaN);
      if (target !== undefined) {
        const place = fitted.places.get(labelKey(target));
        const items = await scene.itemsOf(
          proposals.map(({ payload }) => payload),
          "image",
        );
        if (place === undefined)
          throw new AnchorageError("unavailable", `"${target}" is no class of "${field}"`);
        const logs = await logsOf(
          fitted,
          items.filter((item) => item !== undefined),
        );
        let row = 0;
        items.forEach((item, i) => {
          if (item !== undefined) scores[i] = logs[row++ * classes.length + place] ?? Number.NaN;
        });
        return { scores };
      }
      const images = scene.condition.image;
      const logs = await logsOf(fitted, images);
      proposals.forEach(({ payload }, i) => {
        const place = payload.kind === "text" ? fitted.places.get(labelKey(payload.text)) : undefined;
        if (place === undefined || images.length === 0) return;
        let sum = 0;
        for (let image = 0; image < images.length; image++) sum += logs[image * classes.length + place] ?? 0;
        scores[i] = sum / images.length;
      });
      return { scores };
    },
    report: () =>
      found === undefined
        ? {}
        : { anchors: found.probe.rows, classes: found.probe.classes.length, accuracy: found.probe.accuracy },
  };
};

const fitOnce = async (
  scene: Scene,
  field: string,
  ridge: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Fitted> => {
  const { view, settings } = scene;
  if (scene.allow !== undefined) return inTurn(view, signal, () => fitOn(scene, field, ridge));
  const known = kept.get(view) ?? new Map<string, Promise<Fitted>>();
  kept.set(view, known);
  const { transform } = settings;
  const key = JSON.stringify([field, ridge ?? null, transform, view.fitVersion("image", transform)]);
  const use = (fitted: Promise<Fitted>): Promise<Fitted> => {
    known.delete(key);
    known.set(key, fitted);
    for (const [oldest] of known) if (known.size > MOST_KEPT) known.delete(oldest);
    return fitted;
  };
  const before = known.get(key);
  if (before !== undefined) return use(before);
  return inTurn(view, signal, () => {
    const fitted = use(known.get(key) ?? fitOn(scene, field, ridge));
    fitted.catch(() => known.delete(key));
    return fitted;
  });
};

const lasts = new WeakMap<AnchorView, Promise<unknown>>();

/** One fit after another, for each takes as much memory as its anchors do; who has gone by then is passed over. */
const inTurn = async <Value>(
  view: AnchorView,
  signal: AbortSignal | undefined,
  work: () => Promise<Value>,
): Promise<Value> => {
  const mine = (lasts.get(view) ?? Promise.resolve()).then(() => {
    signal?.throwIfAborted();
    return work();
  });
  lasts.set(
    view,
    mine.catch(() => undefined),
  );
  return mine;
};

/** @throws AnchorageError `unavailable` where there are not two classes to tell apart */
const fitOn = async (scene: Scene, field: string, ridge?: number): Promise<Fitted> => {
  const { view } = scene;
  const { labelled, names } = probeClasses(scene, field);
  if (!isProbeable(names.size))
    throw new AnchorageError("unavailable", `the anchors have ${classesIn(names.size, field)}`);
  const [first] = labelled;
  const [shown] = first === undefined ? [] : await scene.show([anchorItem(view, "image", first.slot)]);
  const most = Math.min(MOST_ANCHORS, Math.max(1, Math.floor(MOST_WORK / ((shown?.length ?? 1) + 1) ** 2)));
  const count = Math.min(most, labelled.length);
  const taken = Array.from(
    { length: count },
    (_, i) => labelled[Math.floor((i * labelled.length) / count)],
  ).filter((each) => each !== undefined);
  const rows = await shownRows(
    scene,
    taken.map(({ slot }) => slot),
    shown?.length ?? 0,
  );
  const places = new Map([...names.keys()].map((key, i) => [key, i] as const));
  const labels = taken.map(({ keys }) => keys.flatMap((key) => places.get(key) ?? []));
  return { probe: await fitProbe(rows, labels, [...names.values()], ridge), places };
};

/** Anchors' image vectors as the transform shows them, `[n, width]`, the raw ones of a few in memory at once. */
const shownRows = async (scene: Scene, slots: readonly Slot[], width: number): Promise<Float32Array> => {
  const { view, settings } = scene;
  const turn = createTurns();
  const look = await view.look("image", settings.transform);
  const rows = new Float32Array(slots.length * width);
  for (let first = 0; first < slots.length; first += AT_ONCE) {
    await turn();
    rows.set(await look.show(view.vectors("image", slots.slice(first, first + AT_ONCE))), first * width);
  }
  return rows;
};

const classesOf = new WeakMap<Scene, Map<string, ReturnType<typeof findClasses>>>();

/** The classes in a field as they are first written, the most frequent where they are many, and the anchors that have any. */
export const probeClasses = (scene: Scene, field: string): ReturnType<typeof findClasses> => {
  const known = classesOf.get(scene) ?? new Map<string, ReturnType<typeof findClasses>>();
  classesOf.set(scene, known);
  const classes = known.get(field) ?? findClasses(scene, field);
  known.set(field, classes);
  return classes;
};

const findClasses = (scene: Scene, field: string) => {
  const names = new Map(
    [...labelsOf(scene, field)].slice(0, MOST_CLASSES).map(([key, { name }]) => [key, name] as const),
  );
  const labelled = Array.from(scene.slots()).flatMap((slot) => {
    const keys = [...new Set(labelsAt(scene, slot, field).map(labelKey))].filter((key) => names.has(key));
    return keys.length === 0 ? [] : [{ slot, keys }];
  });
  return { labelled, names };
};

export const isProbeable = (classes: number): boolean => classes >= 2;

/** What is wrong with so few classes. */
export const classesIn = (classes: number, field: string): string =>
  `${classes} ${classes === 1 ? "class" : "classes"} in "${field}"; a probe needs two to tell apart`;
