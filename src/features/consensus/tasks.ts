import type { OwnGeneratorSpec } from "./api/generators.ts";
import type { OwnScorerSpec } from "./api/scorers.ts";

export type TaskName = "caption" | "tag" | "answer";

/** The defaults of each task. */
export interface TaskPreset {
  readonly description: string;
  readonly needs: readonly ("image" | "text" | "field")[];
  readonly generators: (field: string) => readonly OwnGeneratorSpec[];
  readonly scorers: (field: string) => readonly OwnScorerSpec[];
  /** Of the text that is embedded for a proposal, where the condition has a text. */
  readonly template: (text: string) => string;
}

const JUDGES: readonly OwnScorerSpec[] = [
  { name: "asif" },
  { name: "csa" },
  { name: "neighbour-captions" },
  { name: "reverse-retrieval" },
];

export const TASKS: Readonly<Record<TaskName, TaskPreset>> = {
  caption: {
    description: "Words about an image: captions and phrases of its neighbours, changed word by word.",
    needs: ["image"],
    generators: () => [
      { name: "captions" },
      { name: "phrases" },
      { name: "mutation" },
      { name: "expansion" },
    ],
    scorers: () => JUDGES,
    template: () => "{}",
  },
  tag: {
    description: "The value of a metadata field that suits an image.",
    needs: ["image", "field"],
    generators: (field) => [
      { name: "tags", field },
      { name: "class-names", field },
    ],
    scorers: (field) => [...JUDGES, { name: "knn-vote", field }],
    template: () => "{}",
  },
  answer: {
    description:
      "An answer to a question about an image: phrases of its neighbours' captions, read after the question.",
    needs: ["image", "text"],
    generators: () => [{ name: "phrases" }, { name: "captions" }, { name: "mutation" }],
    scorers: () => JUDGES,
    template: (question) => `${question.replaceAll("{}", " ").trim()} {}`,
  },
};
