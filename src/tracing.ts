/** Values that a span may hold: never captions, ids of anchors or vectors. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span that is about to begin. */
export interface SpanStart {
  /** What is done, such as `search exact`. */
  readonly name: string;
  readonly attributes?: SpanAttributes;
  /** For a request from outside: its `traceparent`, where it has one. */
  readonly request?: { readonly traceparent: string | undefined };
}

/** Adds to the span what is known only when the work is done. */
export type NoteAttributes = (attributes: SpanAttributes) => void;

/** Records spans. */
export interface Tracer {
  /** Does work within a span, which is a child of the span that is current. */
  readonly run: <T>(start: SpanStart, work: (note: NoteAttributes) => Promise<T>) => Promise<T>;
}

const ignore: NoteAttributes = () => undefined;

let tracer: Tracer | null = null;

/** Has {@link traced} record spans; null: no more. */
export const useTracer = (next: Tracer | null): void => {
  tracer = next;
};

/**
 * Does work within a span where spans are recorded, else alone, which costs one comparison.
 *
 * @example
 * ```ts
 * await traced({ name: "encode images", attributes: { count: 8 } }, () => encode());
 * ```
 */
export const traced = <T>(start: SpanStart, work: (note: NoteAttributes) => Promise<T>): Promise<T> =>
  tracer === null ? work(ignore) : tracer.run(start, work);
