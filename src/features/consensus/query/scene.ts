import type { Input } from "../../../api/inputs.ts";
import { createScene, type Scene } from "../scene/index.ts";
import { isAnchorageError } from "../../../errors.ts";
import type { AnchorView, Slot } from "../../../retrieval/index.ts";
import { MAX_TEXT_LENGTH, type Encodable, type Encoding } from "../../../collections/encoding.ts";
import { bitmapOf, resolve, resolveAsifSettings, type Queried } from "../../../collections/question.ts";
import type { RequestedCondition, ConsensusRequest } from "./types.ts";

/** The vectors of a condition and of what will be proposed about it. */
export const openScene = async (
  queried: Queried,
  request: ConsensusRequest,
  template: string | undefined,
  encoding: Encoding,
): Promise<Scene> => {
  const { record, view } = queried;
  const { condition } = request;
  const pictures = picturesOf(condition);
  const words = condition.text === undefined ? [] : [{ value: condition.text, path: ["condition", "text"] }];
  const [images, texts] = await Promise.all([
    resolve(queried, "image", pictures, encoding),
    resolve(queried, "text", words, encoding),
  ]);
  const allow = await bitmapOf(view, request.filter);
  const rank = request.rank ?? record.rank ?? undefined;
  return createScene({
    view,
    settings: {
      ...resolveAsifSettings(queried, request),
      ...(allow === undefined ? {} : { allow }),
      ...(rank === undefined ? {} : { rank }),
    },
    condition: { images, texts, self: [...pictures, ...words].flatMap(({ value }) => slotOf(view, value)) },
    embed: embedder(queried, encoding),
    ...(template === undefined ? {} : { template }),
  });
};

export const picturesOf = ({ image, images = [] }: RequestedCondition): Encodable<Input>[] => [
  ...(image === undefined ? [] : [{ value: image, path: ["condition", "image"] }]),
  ...images.map((value, i) => ({ value, path: ["condition", "images", i] })),
];

const slotOf = (view: AnchorView, input: Input): Slot[] => {
  const slot = "anchor" in input ? view.slotOf(input.anchor) : undefined;
  return slot === undefined ? [] : [slot];
};

type Embed = (texts: readonly string[]) => Promise<readonly (Float32Array | undefined)[]>;

/** Where the text encoder is not here, captions still have the vectors that they were written with. */
const embedder = ({ record, view }: Queried, encoding: Encoding): Embed => {
  const encoder = record.textEncoder;
  let captions: Map<string, Slot> | undefined;
  const stored = (text: string): Float32Array | undefined => {
    captions ??= captionSlots(view);
    const slot = captions.get(text);
    return slot === undefined ? undefined : view.vectors("text", [slot]);
  };
  return async (texts) => {
    const readable = texts.filter((text) => text.trim() !== "" && text.length <= MAX_TEXT_LENGTH);
    let rows: Float32Array;
    try {
      rows = await encoding.texts(
        encoder,
        readable.map((value) => ({ value, path: ["proposals"] })),
      );
    } catch (error) {
      if (!isAnchorageError(error) || !["invalid-input", "unprocessable"].includes(error.code)) throw error;
      return texts.map(stored);
    }
    const found = new Map(
      readable.map((text, i) => [text, rows.subarray(i * encoder.dimension, (i + 1) * encoder.dimension)]),
    );
    return texts.map((text) => found.get(text));
  };
};

const captionSlots = (view: AnchorView): Map<string, Slot> => {
  const slots = new Map<string, Slot>();
  for (const slot of view.liveSlots()) {
    const { caption } = view.entry(slot);
    if (caption !== null && !slots.has(caption)) slots.set(caption, slot);
  }
  return slots;
};
