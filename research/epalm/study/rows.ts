import {
  captionPrompt,
  IMAGE_QUESTIONS,
  questionPrompt,
  type AdapterRow,
} from "../../../src/features/epalm/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import type { Prompted } from "./answers.ts";
import type { EpalmImage } from "./images.ts";
import type { Neighbours } from "./neighbours.ts";
import { captionBefore, type Item } from "./questions.ts";

/** Captions before a question. */
const RETRIEVED = 3;
/** Rows that are trained on without captions of the same emoji, so that what no caption names is learnt as well. */
const WITHOUT_OWN = 0.3;
const SEED = 77;

/** The data that rows are made of. */
export interface World {
  readonly images: readonly EpalmImage[];
  readonly neighbours: Neighbours;
  /** Places of the training images that count. */
  readonly training: ReadonlySet<number>;
}

/** Items as they are asked, with captions of the nearest training images where `retrieved`. */
export const promptsOf = (items: readonly Item[], world: World, retrieved: boolean): Prompted[] =>
  items.map((item) => ({
    input: item.image,
    prompt: promptOf(item, retrieved ? captionsNear(item, world, false) : []),
    isCaption: item.asked === "caption",
  }));

/** Items as they are trained on. */
export const rowsOf = (items: readonly Item[], world: World, retrieved: boolean): AdapterRow[] => {
  const random = createRandom(SEED);
  return items.map((item) => {
    const isWithout = random.next() < WITHOUT_OWN;
    const captions = retrieved ? captionsNear(item, world, isWithout) : [];
    return { input: item.image, prompt: promptOf(item, captions), answer: item.answer };
  });
};

/** What the nearest training image that was asked the same is answered. */
export const retrievedAnswer = (item: Item, world: World, answers: ReadonlyMap<string, string>): string => {
  const keyOf = (place: number): string => `${place} ${item.asked}`;
  const [nearest] = world.neighbours(
    item.image,
    1,
    (_, place) => world.training.has(place) && answers.has(keyOf(place)),
  );
  return nearest === undefined ? "" : (answers.get(keyOf(nearest)) ?? "");
};

const captionsNear = (item: Item, { images, neighbours, training }: World, isWithoutOwn: boolean): string[] =>
  neighbours(
    item.image,
    RETRIEVED,
    ({ emoji }, place) => training.has(place) && !(isWithoutOwn && emoji.hexcode === item.hexcode),
  ).flatMap((place) => {
    const found = images[place];
    return found === undefined ? [] : [captionBefore(found)];
  });

const promptOf = ({ asked }: Item, captions: readonly string[]): string =>
  asked === "caption" ? captionPrompt(captions) : questionPrompt(IMAGE_QUESTIONS[asked], captions);
