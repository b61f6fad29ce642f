import type { CollectionInfo, CollectionSpec } from "../collections/index.ts";
import { AnchorageError, isAnchorageError, notFound } from "../errors.ts";
import type { Log } from "../types.ts";
import type { Application } from "./types.ts";

/**
 * The collection of that name; one that is not there is made as `spec` says, and a line tells it.
 *
 * @throws AnchorageError `not-found` where it is not there and `create` is false, `conflict` where it is there and
 * differs from what `spec` asks for
 */
export const ensureCollection = async (
  application: Pick<Application, "get" | "create">,
  spec: CollectionSpec,
  options: { readonly create: boolean; readonly log: Log },
): Promise<CollectionInfo> => {
  const found = await find(application, spec);
  if (found !== null) {
    for (const field of ["imageEncoder", "textEncoder", "transform"] as const) {
      if (spec[field] === undefined || spec[field] === found[field]) continue;
      const has = typeof found[field] === "string" ? `"${found[field]}"` : "external";
      throw new AnchorageError("conflict", `collection "${spec.name}" is there, and its ${field} is ${has}`);
    }
    return found;
  }
  if (!options.create) throw notFound("collection", spec.name);
  const made = await application.create(spec);
  options.log(
    `collection "${made.name}" was not there and is made: images by ${nameOf(made.imageEncoder)}, ` +
      `texts by ${nameOf(made.textEncoder)}, transform ${made.transform}`,
  );
  return made;
};

const nameOf = (encoder: CollectionInfo["imageEncoder"]): string =>
  typeof encoder === "string" ? encoder : "vectors from outside";

const find = async (
  application: Pick<Application, "get">,
  { name }: CollectionSpec,
): Promise<CollectionInfo | null> => {
  try {
    return await application.get(name);
  } catch (error) {
    if (isAnchorageError(error) && error.code === "not-found") return null;
    throw error;
  }
};
