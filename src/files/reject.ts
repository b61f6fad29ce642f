/** Something that should have been a file or a pair, and why it is none. */
export interface Reject {
  readonly kind: "reject";
  readonly source: string;
  readonly id?: string;
  readonly reason: string;
}

export const reject = (source: string, reason: string, id?: string): Reject => ({
  kind: "reject",
  source,
  reason,
  ...(id === undefined ? {} : { id }),
});
