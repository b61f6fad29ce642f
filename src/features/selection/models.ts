import type { EncoderRegistry } from "../../encoders/index.ts";
import {
  anchorLayerVectors,
  sharedRows,
  type Making,
  type SharedRows,
} from "../../collections/layer-vectors/index.ts";
import type { EncoderRecord, Store } from "../../store/index.ts";
import type { Drawn } from "./draw.ts";
import { embedSamples } from "./embed-samples.ts";
import type { Candidate, GivenModel, Subject } from "./types.ts";

/** What a model makes of the samples. */
export interface Model {
  readonly name: string;
  readonly d: number;
  /** `[n, d]` */
  readonly data: SharedRows;
  readonly features: Candidate["features"];
}

export interface Models {
  readonly models: readonly Model[];
  /** Which of the samples that were drawn they are of: all but those that are gone since. */
  readonly places: readonly number[];
}

/** @throws AnchorageError `invalid-input` where an image cannot be decoded */
export const modelsOf = async (
  store: Store,
  registry: EncoderRegistry,
  subject: Subject,
  { of, rows }: Drawn,
  encoders: readonly EncoderRecord[],
  making: Making,
): Promise<Models> => {
  const every = rows.map((_, place) => place);
  if ("models" in subject)
    return { models: subject.models.map((model) => given(model, rows)), places: every };
  const modelOf = (data: SharedRows, e: number): Model => {
    const encoder = encoders[e];
    const isOwn = encoder !== undefined && encoder.key === of?.collection.imageEncoder.key;
    return {
      name: encoder?.id ?? "",
      d: encoder?.dimension ?? 0,
      data,
      features: isOwn ? "stored" : "made",
    };
  };
  if ("images" in subject) {
    const images = rows.flatMap((row) => subject.images[row] ?? []);
    const embeddings = await embedSamples(registry, encoders, images, rows, making);
    return { models: embeddings.map(modelOf), places: every };
  }
  if (of === null) throw new TypeError("samples of a collection come without it");
  const { places, vectors } = await anchorLayerVectors(
    store,
    registry,
    of.collection,
    encoders,
    rows,
    making,
  );
  return { models: vectors.map(modelOf), places };
};

const given = ({ name, features: embeddings }: GivenModel, rows: readonly number[]): Model => {
  const d = embeddings[0]?.length ?? 0;
  const data = sharedRows(rows.length * d);
  rows.forEach((row, i) => data.set(embeddings[row] ?? [], i * d));
  return { name, d, data, features: "given" };
};
