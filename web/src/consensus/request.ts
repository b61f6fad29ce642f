import type {
  ConsensusAnswerBody,
  ConsensusRequestBody,
  ConsensusRoundBody,
} from "../../../src/features/client.ts";
import type { Subject } from "../ask/question.ts";

/** A run is always streamed. */
export type RunRequest = Omit<ConsensusRequestBody, "stream">;

export type Task = NonNullable<ConsensusRequestBody["task"]>;

/** What each task is for, in the words of its button. */
export const TASKS: Readonly<Record<Task, string>> = {
  caption: "What is it?",
  tag: "Which value?",
  answer: "Answer a question",
};

/** What a run is asked, as the address holds it. */
export interface Wanted {
  readonly task: Task;
  /** Of the task `tag`: the metadata key that holds tags. */
  readonly field: string;
  /** Of the task `answer`: the question. */
  readonly text: string;
  readonly rounds: number;
  readonly scorers: readonly string[];
  /** The stored anchor that it is about; empty where it is an image. */
  readonly anchor: string;
}

const ROUNDS = 4;
const MOST_ROUNDS = 20;
const JUDGES = ["asif", "csa", "neighbour-captions", "reverse-retrieval"];

const isTask = (name: string | null): name is Task => name !== null && Object.hasOwn(TASKS, name);

export const readWanted = (params: URLSearchParams): Wanted => {
  const task = params.get("task");
  const rounds = Number(params.get("rounds") ?? ROUNDS);
  const scorers = params.getAll("scorer");
  return {
    task: isTask(task) ? task : "caption",
    field: params.get("field") ?? "",
    text: params.get("text") ?? "",
    rounds: Number.isInteger(rounds) && rounds >= 1 ? Math.min(rounds, MOST_ROUNDS) : ROUNDS,
    scorers: scorers.length === 0 ? JUDGES : scorers,
    anchor: params.get("anchor") ?? "",
  };
};

export const writeWanted = (wanted: Wanted): Record<string, string | readonly string[]> => ({
  task: wanted.task === "caption" ? "" : wanted.task,
  field: wanted.field,
  text: wanted.text,
  rounds: wanted.rounds === ROUNDS ? "" : String(wanted.rounds),
  scorer: wanted.scorers.join() === JUDGES.join() ? [] : wanted.scorers,
  anchor: wanted.anchor,
});

/** What is still missing before a run, in words; null where nothing is. */
export const missingOf = (wanted: Wanted, subject: Subject | null): string | null => {
  if (subject === null) return "Choose a picture first.";
  if (wanted.scorers.length === 0) return "Choose at least one scorer.";
  if (wanted.task === "tag" && wanted.field === "") return "Choose the field whose values are proposed.";
  return wanted.task === "answer" && wanted.text.trim() === "" ? "Write the question." : null;
};

export const requestOf = (
  collection: string,
  { task, field, text, rounds, scorers }: Wanted,
  subject: Subject,
): RunRequest => ({
  collection,
  task,
  rounds,
  ...(task === "tag" ? { field } : {}),
  condition: {
    image: subject.kind === "image" ? { image: { base64: subject.image.base64 } } : { anchor: subject.id },
    ...(task === "answer" ? { text: { text } } : {}),
  },
  scorers: scorers.map((name) => scorerOf(name, field)),
});

type Scorer = NonNullable<ConsensusRequestBody["scorers"]>[number];

/** Scorers that need nothing but a field, which the task has. */
const scorerOf = (name: string, field: string): Scorer =>
  name === "knn-vote" || name === "probe" ? { name, field } : ({ name } as Scorer);

/** A proposal with what each scorer says of it. */
export interface Vote {
  readonly id: string;
  readonly text: string;
  readonly value: number | null;
  /** In the order of the scorers. */
  readonly scores: readonly (number | null)[];
}

const wordsOf = (payload: ConsensusRoundBody["proposed"][number]["payload"]): string => {
  switch (payload.kind) {
    case "text":
      return payload.text;
    case "anchor":
      return payload.anchor;
    case "steps":
      return payload.steps.join(" ");
    case "vector":
      return "a vector";
    case "action":
      return payload.action.join(" ");
  }
};

/** The survivors of a round with their votes. @param known proposals of earlier rounds by id; new ones are added */
export const votesOf = (round: ConsensusRoundBody, known: Map<string, string>): readonly Vote[] => {
  for (const { id, payload } of round.proposed) known.set(id, wordsOf(payload));
  return round.survivors.map(({ proposal, value, scores }) => ({
    ...{ id: proposal, text: known.get(proposal) ?? proposal, value },
    scores,
  }));
};

/** The first of a finished run with their votes. */
export const finalVotesOf = (answer: ConsensusAnswerBody, scorers: readonly string[]): readonly Vote[] =>
  answer.top.map(({ id, text, anchor, value, scores }) => ({
    ...{ id, text: text ?? anchor ?? id, value },
    scores: scorers.map((name) => scores[name] ?? null),
  }));

const STOPPED: Readonly<Record<ConsensusAnswerBody["stopped"], string>> = {
  rounds: "all rounds were run",
  "score-budget": "the budget of scores was spent",
  "time-budget": "its time was up",
  converged: "nothing better was proposed",
  unanimous: "all scorers agreed",
  "no-proposals": "nothing was proposed any more",
};

/** How a run ended, in a sentence. */
export const endOf = ({ stopped, rounds, proposals, tookMs }: ConsensusAnswerBody): string =>
  `Ended after ${rounds} ${rounds === 1 ? "round" : "rounds"} and ${proposals} proposals, in ${(tookMs / 1_000).toFixed(1)} s: ${STOPPED[stopped]}.`;
