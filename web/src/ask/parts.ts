import type { AnsweredClass } from "./answer.ts";

const MOST = 24;

/** An anchor as the strip shows it. */
export interface Shown {
  readonly id: string;
  readonly caption: string | null;
  readonly hasImage: boolean;
  /** What it adds to the score, or to the difference of two scores. */
  readonly value: number;
  /** Whether it is taken away; `value` is then what it added before. */
  readonly taken: boolean;
}

/**
 * The anchors of a class, strongest first. Those that were taken away keep their places, so that a click moves nothing
 * and each can be put back where it was.
 */
export const partsOf = (
  now: AnsweredClass,
  before: AnsweredClass | null,
  without: readonly string[],
  versus: boolean,
): readonly Shown[] => {
  const list = listOf(now, versus);
  if (before === null) return list.slice(0, MOST);
  const values = new Map(list.map((part) => [part.id, part]));
  const kept = listOf(before, versus).flatMap((part): Shown[] => {
    if (without.includes(part.id)) return [{ ...part, taken: true }];
    const still = values.get(part.id);
    values.delete(part.id);
    return still === undefined ? [] : [still];
  });
  return [...kept, ...values.values()].slice(0, MOST);
};

const listOf = ({ explanation = [], against }: AnsweredClass, versus: boolean): readonly Shown[] =>
  versus
    ? (against?.anchors ?? []).map(({ anchor, text, image, difference }) => ({
        ...{ id: anchor, caption: text, hasImage: image !== null, value: difference, taken: false },
      }))
    : explanation.map(({ anchor, text, image, contribution }) => ({
        ...{ id: anchor, caption: text, hasImage: image !== null, value: contribution, taken: false },
      }));
