/**
 * Encodes one segment of a path.
 *
 * @throws RangeError for `.` and `..`, which URL parsers resolve even if they are encoded, so that the request would
 * be for another resource. Use `deleteAnchors` and `listAnchors` for anchors with such ids.
 */
export const segment = (id: string): string => {
  if (id === "." || id === ".." || id === "") throw new RangeError(`no URL can name ${JSON.stringify(id)}`);
  return encodeURIComponent(id);
};

export const collectionPath = (name: string): string => `/v1/collections/${segment(name)}`;

/** The query parameter of a flag; absent if it is not set. */
export const flag = (value: boolean | undefined): string | undefined => (value === true ? "true" : undefined);

/** The query parameter of a number. */
export const digits = (value: number | undefined): string | undefined => value?.toString();
