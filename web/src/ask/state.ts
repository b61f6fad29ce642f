import { computed, signal } from "@preact/signals";
import { formatRoute, navigate, route } from "../route.ts";
import { current } from "../service.ts";
import type { ChosenImage } from "../ui/drop.ts";
import { readQuestion, writeQuestion, type Question, type Subject } from "./question.ts";

/** The image that a person chose. It is kept while other sections are shown, and is in no address. */
export const chosenImage = signal<ChosenImage | null>(null);

/** The question that the address holds. */
export const question = computed<Question>(() => readQuestion(route.value.params));

/** The picture that is asked about; null while a text is, and before anything was chosen. An anchor in the address goes before an image. */
export const subject = computed<Subject | null>(() => {
  const { anchor, text } = question.value;
  if (anchor !== "") return { kind: "anchor", id: anchor };
  if (text !== "") return null;
  const image = chosenImage.value;
  return image === null ? null : { kind: "image", image };
});

/** Changes the question, and with it the address. */
export const change = (changes: Partial<Question>, { replace = false } = {}): void => {
  const c = current.value?.name ?? "";
  navigate(formatRoute("ask", { c, ...writeQuestion({ ...question.value, ...changes }) }), { replace });
};

/** Asks about an image, with everything put back that was taken away. */
export const askAboutImage = (image: ChosenImage): void => {
  const old = chosenImage.value;
  if (old !== null) URL.revokeObjectURL(old.address);
  chosenImage.value = image;
  change({ anchor: "", text: "", without: [], withoutGroups: [] });
};

export const askAboutAnchor = (id: string, classes?: readonly string[]): void =>
  change({
    anchor: id,
    text: "",
    without: [],
    withoutGroups: [],
    ...(classes === undefined ? {} : { classes }),
  });

const toggled = (list: readonly string[], item: string): readonly string[] =>
  list.includes(item) ? list.filter((each) => each !== item) : [...list, item];

/** Takes an anchor away from the answer, or puts it back. */
export const toggleAnchor = (id: string): void => change({ without: toggled(question.value.without, id) });

/** The same for all anchors that have a value of a metadata key. */
export const toggleGroup = (name: string): void =>
  change({ withoutGroups: toggled(question.value.withoutGroups, name) });

export const putAllBack = (): void => change({ without: [], withoutGroups: [] });
