import { signal } from "@preact/signals";
import { formatRoute } from "../route.ts";
import type { Compared } from "./answer.ts";
import { writeQuestion, type Question, type Subject } from "./question.ts";

/** Questions of this tab that are remembered. */
const MOST_QUESTIONS = 20;
/** Uses of one anchor that are shown. */
const MOST_SHOWN = 8;

/** What one question's answer owes to the anchors that were listed with it. */
interface Remembered {
  readonly collection: string;
  readonly key: string;
  readonly what: string;
  /** Where the question can be asked again; null for an image, which is in no address. */
  readonly address: string | null;
  readonly winner: string | null;
  readonly parts: readonly {
    readonly anchor: string;
    readonly name: string;
    readonly contribution: number;
  }[];
}

/** One class of one question that an anchor moved. */
export interface Decided extends Pick<Remembered, "what" | "address"> {
  readonly name: string;
  readonly contribution: number;
  /** Whether the class was the answer. */
  readonly won: boolean;
}

/** The last questions of this tab, the newest first. */
export const remembered = signal<readonly Remembered[]>([]);

/** Remembers which anchors an answer was made of; a question that is asked again takes the place of its former answer. */
export const remember = (
  collection: string,
  question: Question,
  subject: Subject,
  { now }: Compared,
): void => {
  const parts = now.classes.flatMap(({ name, explanation = [] }) =>
    explanation.map(({ anchor, contribution }) => ({ anchor, name, contribution })),
  );
  if (parts.length === 0) return;
  const image = subject.kind === "image" ? subject.image : null;
  const key = JSON.stringify([collection, image?.address ?? null, question]);
  const entry: Remembered = {
    collection,
    key,
    what: subject.kind === "image" ? subject.image.name : subject.id,
    address: image === null ? formatRoute("ask", { c: collection, ...writeQuestion(question) }) : null,
    winner: now.classes[0]?.name ?? null,
    parts,
  };
  remembered.value = [entry, ...remembered.value.filter((each) => each.key !== key)].slice(0, MOST_QUESTIONS);
};

/** What an anchor moved in the last questions of this tab, the most first. */
export const decidedBy = (collection: string, id: string): readonly Decided[] =>
  remembered.value
    .filter((each) => each.collection === collection)
    .flatMap(({ parts, what, address, winner }) =>
      parts
        .filter(({ anchor }) => anchor === id)
        .map(({ name, contribution }): Decided => ({
          what,
          address,
          name,
          contribution,
          won: name === winner,
        })),
    )
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, MOST_SHOWN);
