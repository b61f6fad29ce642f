import { messageOf } from "../errors.ts";
import type { TransformRecord } from "../store/index.ts";
import type { Log, Modality, Sequence, TransformKind } from "../types.ts";
import { createGraphRecall } from "./graph-recall.ts";
import { loadHnsw } from "./hnsw.ts";
import { createLens, fittedFrom, type Changes, type Fitted, type Lens } from "./lens.ts";
import { createMemory, type Memory } from "./memory.ts";
import { readProfile, type IndexProfile } from "./profile.ts";
import type { RecallCurve } from "./recall.ts";
import type { AnchorSpace, AnchorView } from "./types.ts";
import { createView, kindFor, type Indexing } from "./view.ts";

/** Memory is compacted when this share of its slots is dead. */
const DEAD_SHARE = 0.3;
const COMPACTED_AT_ONCE = 1_024;

export interface SpaceOptions {
  readonly imageDimension: number;
  readonly textDimension: number;
  /** The collection's own, for its status. */
  readonly transform: TransformKind;
  /** Fits that were saved before. */
  readonly transforms?: readonly TransformRecord[];
  readonly saveTransform?: (record: TransformRecord) => Promise<void>;
  readonly profile?: IndexProfile;
  /** How much such graphs were measured to find, by `modality/transform`. */
  readonly curves?: ReadonlyMap<string, RecallCurve>;
  readonly log?: Log;
}

type LensKey = `${Modality}/${TransformKind}`;

/** Opens an empty memory for one collection; its anchors are applied to it. */
export const openAnchorSpace = async (options: SpaceOptions): Promise<AnchorSpace> => {
  const { imageDimension, textDimension, transform, transforms = [] } = options;
  const profile = options.profile ?? readProfile("default");
  const hnswlib = await loadHnsw();
  const saved = new Map<LensKey, Fitted>(
    transforms.map((record) => [`${record.modality}/${record.kind}`, fittedFrom(record)]),
  );
  let memory: Memory = createMemory(imageDimension, textDimension);
  let lenses = new Map<LensKey, Lens>();
  const indexing: Indexing = {
    profile,
    hnswInstalled: hnswlib !== undefined,
    recall: createGraphRecall(profile, (error) =>
      options.log?.(`the recall of a graph could not be measured: ${messageOf(error)}`),
    ),
    told: (modality, kind) => options.curves?.get(`${modality}/${kind}`),
  };
  let sequence = 0 as Sequence;
  let changes: Changes = { total: 0, removals: 0 };
  let view: AnchorView | undefined;

  const openLens = (
    into: Memory,
    modality: Modality,
    kind: TransformKind,
    carried: Fitted | undefined,
  ): Lens =>
    createLens(
      kind,
      {
        modality,
        raw: into[modality],
        compare: into.compare,
        profile,
        hnswlib,
        save: options.saveTransform ?? (() => Promise.resolve()),
        log: options.log ?? (() => undefined),
      },
      carried,
    );

  /** Lenses are made when a query first asks for them, each for the memory that its view is of. */
  const lensOf = (of: Memory, known: Map<LensKey, Lens>, modality: Modality, kind: TransformKind): Lens => {
    const key: LensKey = `${modality}/${kind}`;
    let lens = known.get(key);
    if (lens === undefined) known.set(key, (lens = openLens(of, modality, kind, saved.get(key))));
    return lens;
  };

  const takeView = (): AnchorView => {
    const [of, known] = [memory, lenses];
    return createView(of, { sequence, changes }, indexing, (modality, kind) =>
      lensOf(of, known, modality, kind),
    );
  };

  /** Copies the live anchors into new memory and swaps it in; views of the old go on with it. */
  const compact = (): void => {
    const before = takeView();
    const fresh = createMemory(imageDimension, textDimension);
    const slots = before.liveSlots();
    for (let first = 0; first < slots.length; first += COMPACTED_AT_ONCE) {
      const upserts = Array.from(slots.subarray(first, first + COMPACTED_AT_ONCE), (slot) => ({
        ...before.entry(slot),
        imageVector: memory.image.row(slot),
        textVector: memory.text.row(slot),
      }));
      fresh.apply({ upserts, deletes: [] });
    }
    for (const [key, lens] of lenses) {
      const fitted = lens.fitted();
      if (fitted !== undefined) saved.set(key, fitted);
      lens.close();
    }
    memory = fresh;
    lenses = new Map();
  };

  return {
    apply: (change) => {
      const hidden = memory.apply(change);
      changes = {
        total: changes.total + change.upserts.length + hidden.length,
        removals: changes.removals + hidden.length,
      };
      sequence = change.sequence;
      view = undefined;
      const dead = memory.entries.length - memory.size();
      if (dead > DEAD_SHARE * memory.entries.length) compact();
    },
    view: () => (view ??= takeView()),
    status: (modality) => {
      const kind = kindFor(modality, transform);
      const lens = lensOf(memory, lenses, modality, kind);
      return {
        kind: hnswlib !== undefined && memory.size() > profile.exactLimit ? "hnsw" : "exact",
        dimension: modality === "image" ? imageDimension : textDimension,
        vectors: memory.size(),
        tombstones: memory.entries.length - memory.size(),
        sequence,
        transform: kind,
        transformVersion: lens.version(),
      };
    },
    close: () => {
      indexing.recall.close();
      for (const lens of lenses.values()) lens.close();
    },
  };
};
