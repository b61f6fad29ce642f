import type { Filter } from "../../../src/api/filter.ts";
import type { ClassifyRequestBody, CounterfactualRequestBody } from "../../../src/features/client.ts";
import type { ChosenImage } from "../ui/drop.ts";

/** A picture that is asked about: one that a person chose, or a stored anchor's. */
export type Subject =
  { readonly kind: "image"; readonly image: ChosenImage } | { readonly kind: "anchor"; readonly id: string };

/** All of a question but the image itself, as the address holds it. */
export interface Question {
  readonly classes: readonly string[];
  /** With `{}` where the class's name goes; empty: the name alone. */
  readonly template: string;
  /** Settings in place of the collection's own; empty: its own. */
  readonly method: string;
  readonly k: string;
  readonly p: string;
  /** The anchor that is asked about, where it is one; empty where it is an image. */
  readonly anchor: string;
  /** A text that is asked about in place of a picture; empty: none. */
  readonly text: string;
  /** Whether a stored anchor may answer for itself. */
  readonly itself: boolean;
  /** Anchors that are taken away. */
  readonly without: readonly string[];
  /** Values of metadata whose anchors are taken away, as `key=JSON`. */
  readonly withoutGroups: readonly string[];
  /** A metadata key that contributions are added up by; empty: none. */
  readonly by: string;
}

const MOST_CLASSES = 200;

/** Class names as a person types them: separated by commas or lines, each once. */
export const addClasses = (classes: readonly string[], typed: string): readonly string[] => {
  const names = typed
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return [...new Set([...classes, ...names])].slice(0, MOST_CLASSES);
};

/** Reads a question from the parameters of an address. */
export const readQuestion = (params: URLSearchParams): Question => ({
  classes: addClasses([], params.getAll("class").join("\n")),
  template: params.get("template") ?? "",
  method: params.get("method") ?? "",
  k: params.get("k") ?? "",
  p: params.get("p") ?? "",
  anchor: params.get("anchor") ?? "",
  text: params.get("text") ?? "",
  itself: params.get("itself") === "yes",
  without: [...new Set(params.getAll("without"))],
  withoutGroups: [...new Set(params.getAll("group"))],
  by: params.get("by") ?? "",
});

/** The parameters that {@link readQuestion} reads. */
export const writeQuestion = (question: Question): Record<string, string | readonly string[]> => ({
  class: question.classes,
  template: question.template,
  method: question.method,
  k: question.k,
  p: question.p,
  anchor: question.anchor,
  text: question.text,
  itself: question.itself ? "yes" : "",
  without: question.without,
  group: question.withoutGroups,
  by: question.by,
});

/** A value of a metadata key, in the form of an address. */
export const groupName = (key: string, value: unknown): string => `${key}=${JSON.stringify(value)}`;

/** The filters of the anchors that have a value of a metadata key; names that are damaged are left out. */
export const groupFilters = (names: readonly string[]): readonly Filter[] =>
  names.flatMap((name): readonly Filter[] => {
    const at = name.indexOf("=");
    const key = name.slice(0, at);
    try {
      const value: unknown = JSON.parse(name.slice(at + 1));
      if (value === null) return [{ [key]: { exists: false } }];
      return typeof value === "object" ? [] : [{ [key]: value }];
    } catch {
      return [];
    }
  });

/** What a classification and its counterfactual are both asked with. */
export const requestOf = (
  question: Question,
  subject: Subject,
): Omit<ClassifyRequestBody, "exact" | "ensemble"> => {
  const { classes, template, method, k, p, by } = question;
  return {
    images: [subject.kind === "image" ? { image: { base64: subject.image.base64 } } : { anchor: subject.id }],
    classes: classes.map((name) => ({ name })),
    top: classes.length,
    explain: { top: 24, every: true, against: "runner-up", ...(by === "" ? {} : { groupBy: by }) },
    ...(template === "" || template === "{}" ? {} : { templates: [template] }),
    ...(method === "" ? {} : { method: method as NonNullable<ClassifyRequestBody["method"]> }),
    ...(k === "" ? {} : { k: Number(k) }),
    ...(p === "" ? {} : { p: Number(p) }),
  };
};

/** The anchors that do not take part: those taken away, and a stored anchor that must not answer for itself. */
export const withoutOf = (
  { without, withoutGroups, itself }: Question,
  subject: Subject,
): NonNullable<CounterfactualRequestBody["without"]> | null => {
  const self = subject.kind === "anchor" && !itself ? [subject.id] : [];
  const ids = [...new Set([...self, ...without])];
  const groups = groupFilters(withoutGroups);
  if (ids.length === 0 && groups.length === 0) return null;
  return { ids, ...(groups.length === 0 ? {} : { filter: { any: groups } }) };
};

/** What is wrong with a template, in words; null where nothing is. */
export const templateFault = (template: string): string | null =>
  template === "" || template.split("{}").length === 2
    ? null
    : "must hold {} once, where the name of the class goes";
