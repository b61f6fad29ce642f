import type { Payload, Proposed, State } from "../types.ts";

/** Longer texts are not proposed: no encoder reads them to their end. */
const LONGEST = 2_000;

export const textPayload = (text: string): Payload => ({ kind: "text", text });

export const proposalText = ({ payload }: Proposed): string | undefined =>
  payload.kind === "text" ? payload.text : undefined;

/** The first texts that were not proposed yet, each once. */
export const newTexts = (texts: Iterable<string>, state: State, count: number): Proposed[] => {
  const made = new Map<string, Proposed>();
  for (const text of texts) {
    if (made.size >= count) break;
    if (!isProposable(text) || made.has(text) || state.has(textPayload(text))) continue;
    made.set(text, { payload: textPayload(text) });
  }
  return [...made.values()];
};

export const isProposable = (text: string): boolean => text.trim() !== "" && text.length <= LONGEST;

/** The words of a text, as they stand between spaces and punctuation. */
export const proposalWords = (text: string): string[] => text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
