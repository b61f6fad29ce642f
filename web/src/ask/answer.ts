import {
  ConflictError,
  type ClassifyAnswerBody,
  type CollectionClient,
  type SureClassifyAnswerBody,
} from "../../../src/features/client.ts";
import { requestOf, withoutOf, type Question, type Subject } from "./question.ts";

type Result = SureClassifyAnswerBody["results"][number];
export type AnsweredClass = Result["classes"][number];
export type Part = NonNullable<ClassifyAnswerBody["results"][number]["explanation"]>[number];

/** What the service answered, with all that was asked of it. */
export interface Answered {
  readonly classes: readonly AnsweredClass[];
  readonly method: string;
  readonly tookMs: number;
  readonly sequence: number;
  readonly calibration: SureClassifyAnswerBody["calibration"] | null;
  /** How many anchors it is made of; null where its scores are no sums over anchors. */
  readonly support: number | null;
  readonly abstained: boolean | null;
  readonly set: Result["set"] | null;
}

/** An answer as it is, and as it was before anchors were taken away. */
export interface Compared {
  readonly now: Answered;
  /** Null where nothing is taken away. */
  readonly before: Answered | null;
}

/** At most this share of answers is to be wrong, or "none of these" is said. */
export const RISK = 0.1;
/** How often the set of classes holds the true one. */
export const COVERAGE = 0.9;

/** Asks a question, and asks it as if the anchors that are taken away were not there. Nothing is written. */
export const ask = async (
  collection: CollectionClient,
  question: Question,
  subject: Subject,
  { calibrated, signal }: { readonly calibrated: boolean; readonly signal: AbortSignal },
): Promise<Compared> => {
  const taken = question.without.length > 0 || question.withoutGroups.length > 0;
  const whole = { ...question, without: [], withoutGroups: [] };
  const [before, now] = await Promise.all([
    askOnce(collection, whole, subject, { calibrated: calibrated && !taken, signal }),
    taken ? askOnce(collection, question, subject, { calibrated: false, signal }) : null,
  ]);
  return now === null ? { now: before, before: null } : { now, before };
};

const askOnce = async (
  collection: CollectionClient,
  question: Question,
  subject: Subject,
  { calibrated, signal }: { readonly calibrated: boolean; readonly signal: AbortSignal },
): Promise<Answered> => {
  const request = requestOf(question, subject);
  const without = withoutOf(question, subject);
  if (without !== null) {
    const { results, method, tookMs, sequence } = await collection.counterfactual(
      { ...request, without },
      { signal },
    );
    const { classes = [], support = null } = results[0]?.after ?? {};
    return { classes, support, method, tookMs, sequence, calibration: null, abstained: null, set: null };
  }
  const sure = { probabilities: true, abstain: { risk: RISK }, conformal: { coverage: COVERAGE } };
  const answer = await collection
    .classify({ ...request, ...(calibrated ? sure : {}) }, { signal })
    .catch((error: unknown) => {
      // A calibration is of certain settings; for others there is none.
      if (calibrated && error instanceof ConflictError) return collection.classify(request, { signal });
      throw error;
    });
  const [result] = answer.results;
  return {
    classes: result?.classes ?? [],
    method: answer.method,
    tookMs: answer.tookMs,
    sequence: answer.sequence,
    calibration: answer.calibration ?? null,
    support: result?.support ?? null,
    abstained: result?.abstained ?? null,
    set: result?.set ?? null,
  };
};

/** How the numbers of an answer are to be read. */
export type Scale = "probability" | "share" | "score";

/** One class as it is shown. */
export interface Row {
  readonly entry: AnsweredClass;
  /** From 0 to 1; for a score from -1 to 1, as a share of the largest. */
  readonly value: number;
  /** Of the same class before anchors were taken away. */
  readonly before: number | null;
}

/**
 * Chooses the scale: a probability where the collection is calibrated, a share of the support where all scores are
 * sums of support, else the scores themselves.
 */
export const scaleOf = ({ now, before }: Compared): Scale => {
  if (before === null && now.classes.every(({ probability }) => probability !== undefined))
    return "probability";
  const all = [...now.classes, ...(before?.classes ?? [])];
  return all.every(({ score }) => score >= 0) && now.classes.some(({ score }) => score > 0)
    ? "share"
    : "score";
};

/** The classes of an answer on one scale, best first. */
export const rowsOf = (compared: Compared): readonly Row[] => {
  const scale = scaleOf(compared);
  const valueIn = ({ classes }: Answered): ((entry: AnsweredClass) => number) => {
    if (scale === "probability") return ({ probability }) => probability ?? 0;
    const whole =
      scale === "share"
        ? classes.reduce((sum, { score }) => sum + score, 0)
        : Math.max(...classes.map(({ score }) => Math.abs(score)));
    return ({ score }) => (whole === 0 ? 0 : score / whole);
  };
  const now = valueIn(compared.now);
  const { before } = compared;
  const then = before === null ? null : valueIn(before);
  return compared.now.classes.map((entry) => {
    const old = before?.classes.find(({ name }) => name === entry.name);
    return { entry, value: now(entry), before: old === undefined || then === null ? null : then(old) };
  });
};

/** Whether an answer has nothing to stand on: no anchor is near both the image and a class. */
export const isUnsupported = ({ support }: Answered): boolean => support === 0;
