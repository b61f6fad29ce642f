/** Something that should have been a file or a pair, and why it is none. */
export interface Reject {
  readonly kind: "reject";
  readonly source: string;
  readonly id?: string;
  readonly reason: string;
}

/** Something that was found and is not used, and why. */
export interface Ignored {
  readonly kind: "ignored";
  readonly source: string;
  readonly reason: string;
}

export const reject = (source: string, reason: string, id?: string): Reject => ({
  kind: "reject",
  source,
  reason,
  ...(id === undefined ? {} : { id }),
});

export const ignored = (source: string, reason: string): Ignored => ({ kind: "ignored", source, reason });
