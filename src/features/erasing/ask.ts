import type { Queried } from "../../collections/question.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { AnchorId } from "../../types.ts";
import type { AskCounterfactual } from "../counterfactual/query.ts";
import { ERASE_DEFAULTS, type AskedQuestions, type EraseRequest } from "./api.ts";

const TOLERANCE = 1e-6;
const MAX_CLASSES = 200;
/** Without a fitted transform an answer depends on the anchors alone, so that a prediction has to be equal. */
const PROOF = { method: "asif", transform: "none" } as const;

/** Stored pictures that stay, and the classes that they are asked for. */
export interface PlannedQuestions {
  readonly anchors: readonly AnchorId[];
  readonly classes: readonly string[];
}

/** Chooses what is asked: as the request names it, or an even share of pictures for each value of a field. */
export const planQuestions = (
  view: AnchorView,
  gone: ReadonlySet<AnchorId>,
  questions: EraseRequest["questions"],
): PlannedQuestions | null => {
  if (questions === undefined) return null;
  if ("anchors" in questions) {
    const anchors = questions.anchors.filter((id) => view.slotOf(id) !== undefined && !gone.has(id));
    return anchors.length === 0 ? null : { anchors, classes: [...new Set(questions.classes)] };
  }
  const { by, pictures = ERASE_DEFAULTS.pictures } = questions;
  const groups = new Map<string, AnchorId[]>();
  for (const slot of view.liveSlots()) {
    const { id, metadata } = view.entry(slot);
    const value = Object.hasOwn(metadata, by) ? metadata[by] : undefined;
    if (typeof value !== "string" || gone.has(id)) continue;
    groups.set(value, [...(groups.get(value) ?? []), id]);
  }
  const largest = [...groups].sort((a, b) => b[1].length - a[1].length).slice(0, MAX_CLASSES);
  if (largest.length < 2) return null;
  const anchors: AnchorId[] = [];
  for (let turn = 0; anchors.length < pictures && turn < pictures; turn++)
    for (const [, ids] of largest) {
      const id = ids[turn];
      if (id !== undefined && anchors.length < pictures) anchors.push(id);
    }
  return { anchors, classes: largest.map(([name]) => name) };
};

type Scores = readonly ReadonlyMap<string, number>[];

/** Answers of all questions: as the collection answers, and those that a prediction is compared by. */
export interface QuestionAnswers {
  readonly usual: readonly string[];
  readonly proof: Scores;
}

/**
 * Answers the questions as a collection without the pictures that are asked about, which would else explain themselves, and
 * without the anchors `gone`.
 */
export const answerQuestions = async (
  ask: AskCounterfactual,
  queried: Queried,
  { anchors, classes }: PlannedQuestions,
  gone: readonly AnchorId[],
): Promise<QuestionAnswers> => {
  const question = {
    images: anchors.map((anchor) => ({ anchor, modality: "image" as const })),
    // "food-drink" is asked for as two words.
    classes: classes.map((name) => ({ name, prompts: [{ text: name.replaceAll("-", " ") }] })),
    top: classes.length,
    changes: 0,
    without: { ids: [...anchors, ...gone] },
    exact: true as const,
  };
  const usual = await ask(queried, question);
  const proof = await ask(queried, { ...question, ...PROOF });
  return {
    usual: usual.results.map(({ after }) => after.classes[0]?.name ?? ""),
    proof: proof.results.map(({ after }) => new Map(after.classes.map(({ name, score }) => [name, score]))),
  };
};

/** Compares what was predicted with what was answered after the deletion. */
export const compareAnswers = (
  view: AnchorView,
  { anchors, classes }: PlannedQuestions,
  before: QuestionAnswers,
  predicted: QuestionAnswers,
  after: QuestionAnswers,
): AskedQuestions => {
  const questions = anchors.map((anchor, i) => {
    const slot = view.slotOf(anchor);
    const [was, told, is] = [before.proof[i], predicted.proof[i], after.proof[i]].map(
      (scores) => scores ?? new Map<string, number>(),
    );
    const difference = Math.max(
      ...classes.map((name) => Math.abs((told?.get(name) ?? 0) - (is?.get(name) ?? 0))),
    );
    return {
      anchor,
      text: slot === undefined ? null : view.entry(slot).caption,
      usual: { before: before.usual[i] ?? "", after: after.usual[i] ?? "" },
      before: firstOf(was),
      predicted: firstOf(told),
      after: firstOf(is),
      difference,
    };
  });
  const largestDifference = Math.max(0, ...questions.map(({ difference }) => difference));
  return {
    classes,
    settings: PROOF,
    flipped: questions.filter(({ usual }) => usual.before !== usual.after).length,
    largestDifference,
    equal: largestDifference <= TOLERANCE,
    questions,
  };
};

const firstOf = (scores: ReadonlyMap<string, number> | undefined): { name: string; score: number } => {
  const [first] = [...(scores ?? [])].sort((a, b) => b[1] - a[1]);
  return { name: first?.[0] ?? "", score: first?.[1] ?? 0 };
};
