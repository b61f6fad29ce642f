/** The domain's errors. The HTTP layer maps each to `application/problem+json` in one place. */

import type { ProblemCode } from "./api/problem.ts";

/** Where a value is in an input: keys of objects and indexes of lists, from the outside in. Empty: the whole input. */
export type FieldPath = readonly (string | number)[];

/** One fault in the input: its path, such as `["anchors", 3, "imageVector"]`, and what is wrong there. */
export interface FieldFault {
  readonly path: FieldPath;
  readonly message: string;
}

/** The codes of the HTTP API's problems, and those that occur only while opening Anchorage or its files. */
export type ErrorCode = ProblemCode | "data-dir-busy" | "unsupported-model" | "corrupt-file";

/**
 * An error that the caller can understand and act on. Any other thrown value is a bug in Anchorage.
 *
 * @example
 * ```ts
 * throw new AnchorageError("conflict", "The collection exists already.");
 * ```
 */
export class AnchorageError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly FieldFault[];
  /** Of `insufficient-memory`: about how many bytes the refused work would take. */
  readonly neededBytes: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { faults?: readonly FieldFault[]; neededBytes?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AnchorageError";
    this.code = code;
    this.faults = options.faults ?? [];
    this.neededBytes = options.neededBytes ?? null;
  }
}

/** Whether a caught value is an {@link AnchorageError}. */
export const isAnchorageError = (error: unknown): error is AnchorageError => error instanceof AnchorageError;

/** The faults of a zod error's issues. */
export const faultsOfIssues = (
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): FieldFault[] => issues.map(({ path, message }) => ({ path: fieldPath(path), message }));

/** A path that zod gives; JSON has no symbols as keys. */
export const fieldPath = (path: readonly PropertyKey[]): FieldPath =>
  path.map((key) => (typeof key === "number" ? key : String(key)));

/** Faults in one error: whoever sends thousands of wrong values learns from the first of them. */
const MAX_FAULTS = 20;

/** A path as text for messages and problems, such as `anchors.3.imageVector`. */
export const pathText = (path: FieldPath): string => path.join(".");

/**
 * Faults as one line of text, such as `k: must be at least 1; p: is required`.
 *
 * @param whole the subject of a fault of the whole input, such as `The body `
 */
export const faultsText = (faults: readonly FieldFault[], whole = ""): string =>
  faults.map(({ path, message }) => (path.length === 0 ? whole : `${pathText(path)}: `) + message).join("; ");

/**
 * An error for fields that are wrong. It holds the first 20 faults and says how many more there are.
 *
 * @param options.code `invalid-input`, or another code if the values are valid but cannot be used here
 * @param options.whole as of {@link faultsText}
 * @example
 * ```ts
 * throw faultyFields([{ path: ["anchors", 3, "id"], message: "is required" }]);
 * ```
 */
export const faultyFields = (
  faults: readonly FieldFault[],
  options: { readonly code?: ErrorCode; readonly whole?: string; readonly cause?: unknown } = {},
): AnchorageError => {
  const first = faults.slice(0, MAX_FAULTS);
  const more = faults.length > first.length ? `; and ${faults.length - first.length} more` : "";
  const { code = "invalid-input", whole, cause } = options;
  return new AnchorageError(code, faultsText(first, whole) + more, { faults: first, cause });
};

/**
 * An error for one field that is wrong.
 *
 * @param path the field's path in the caller's input, such as `["anchors", 3, "imageVector"]`
 * @param code `invalid-input`, or another code if the value is valid but cannot be used here
 * @example
 * ```ts
 * throw invalidField(["k"], "must be at least 1");
 * ```
 */
export const invalidField = (path: FieldPath, message: string, code?: ErrorCode): AnchorageError =>
  faultyFields([{ path, message }], code === undefined ? {} : { code });

/**
 * Runs `work` on a list of items. If it throws `invalid-input` whose fault paths start with an item's index, the error is
 * thrown with the item's path in the caller's input in place of the index.
 *
 * @example
 * ```ts
 * const pathOf = (index: number): FieldPath => ["classes", index, "name"];
 * await withItemPaths(pathOf, () => registry.encodeTexts(encoder, names));
 * ```
 */
export const withItemPaths = async <T>(
  pathOf: (index: number) => FieldPath | undefined,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "invalid-input") throw error;
    const faults = error.faults.map(({ path, message }) => {
      const [index, ...rest] = path;
      const item = typeof index === "number" ? pathOf(index) : undefined;
      return { path: item === undefined ? path : [...item, ...rest], message };
    });
    throw faultyFields(faults, { cause: error });
  }
};

/** A copy of `error` with `prefix` before the path of each fault, for a caller that knows the enclosing path. */
export const atPath = (prefix: FieldPath, error: AnchorageError): AnchorageError =>
  new AnchorageError(error.code, error.message, {
    faults: error.faults.map(({ path, message }) => ({ path: [...prefix, ...path], message })),
    cause: error,
  });

/** A `not-found` error, for example `notFound("collection", "cats")`. */
export const notFound = (what: string, id: string): AnchorageError =>
  new AnchorageError("not-found", `There is no ${what} "${id}".`);

/**
 * Looks up the entry for `kind` in a table with one entry per kind.
 *
 * @param what the noun for the error message, such as "transform"
 * @throws AnchorageError `invalid-input` if the table has no such kind. Types do not rule this out for values read from
 * outside, and a missing entry must not fall through to another kind's.
 * @example
 * ```ts
 * const ranks = { center: 1, whiten: 2 };
 * entryOf(ranks, "center", "transform"); // 1
 * ```
 */
export const entryOf = <Kind extends string, Entry>(
  table: Readonly<Record<Kind, Entry>>,
  kind: Kind,
  what: string,
): Entry => {
  if (Object.hasOwn(table, kind)) return table[kind];
  throw new AnchorageError("invalid-input", `There is no ${what} "${kind}".`);
};

/** The message of any thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
