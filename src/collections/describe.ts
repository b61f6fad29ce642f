import type { CollectionInfo } from "../api/collections.ts";
import { autoRule, parametersFor } from "../asif/index.ts";
import { bandOf } from "../retrieval/index.ts";
import { choiceOf } from "./encoder-choice.ts";
import type { EncoderRecord } from "../store/index.ts";
import type { OpenCollection } from "./memory.ts";

/** The public description of a collection. */
export const describe = ({ record, space, defaults }: OpenCollection): CollectionInfo => {
  const view = space.view();
  const { asif, ...rest } = defaults();
  const { transform } = rest;
  return {
    name: record.name,
    imageEncoder: choiceOf(record.imageEncoder),
    textEncoder: choiceOf(record.textEncoder),
    encoders: { image: boundEncoder(record.imageEncoder), text: boundEncoder(record.textEncoder) },
    asif: { ...asif, ...parametersFor(asif, transform, view.size) },
    ...rest,
    auto: { asif, anchors: bandOf(view.size), rule: autoRule(transform, view.size) },
    anchorCount: view.size,
    sequence: view.sequence,
    indexes: { image: space.status("image", transform), text: space.status("text", transform) },
    createdAt: record.createdAt,
  };
};

const boundEncoder = ({ id, sha256, dimension }: EncoderRecord) => ({ id, sha256, dimension });
