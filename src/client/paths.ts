/**
 * One segment of a path.
 *
 * @throws RangeError for `.` and `..`, which URLs take for directions however they are encoded: a request for such an
 * anchor would be one for something else. `deleteAnchors` and `listAnchors` reach them.
 */
export const segment = (id: string): string => {
  if (id === "." || id === ".." || id === "") throw new RangeError(`no URL can name ${JSON.stringify(id)}`);
  return encodeURIComponent(id);
};

export const collectionPath = (name: string): string => `/v1/collections/${segment(name)}`;

/** The parameter of a URL for a flag; absent where it is not set. */
export const flag = (value: boolean | undefined): string | undefined => (value === true ? "true" : undefined);

/** The parameter of a URL for a number. */
export const digits = (value: number | undefined): string | undefined => value?.toString();
