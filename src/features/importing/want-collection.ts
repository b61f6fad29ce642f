import { isDeepStrictEqual } from "node:util";
import type { CollectionBody, CollectionSpecBody } from "../../api/collections.ts";
import { transformText } from "../../api/transforms.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import type { CollectionsClient } from "../../client/index.ts";

/** A collection that is made when it is first needed. */
export interface WantedCollection {
  /** Null until it is there. */
  readonly found: () => CollectionBody | null;
  /** Makes it where it is not there, once, and a line tells it. */
  readonly ensure: () => Promise<CollectionBody>;
}

/**
 * Looks for the collection that `spec` names; one that is not there can be made as `spec` says.
 *
 * @throws AnchorageError `not-found` where it is not there and `create` is false, `conflict` where it is there and
 * differs from what `spec` asks for
 */
export const wantCollection = async (
  client: Pick<CollectionsClient, "collection" | "createCollection">,
  spec: CollectionSpecBody,
  options: { readonly create: boolean; readonly log: Log },
): Promise<WantedCollection> => {
  let found = await find(client, spec, options);
  if (found !== null) refuseOther(found, spec);

  const make = async (): Promise<CollectionBody> => {
    const made = await client.createCollection(spec);
    options.log.info(
      `collection "${made.name}" was not there and is made: images by ${nameOf(made.imageEncoder)}, ` +
        `texts by ${nameOf(made.textEncoder)}, transform ${transformText(made.transform)}`,
    );
    return (found = made);
  };
  let making: Promise<CollectionBody> | undefined;
  return {
    found: () => found,
    ensure: () => (found === null ? (making ??= make()) : Promise.resolve(found)),
  };
};

const refuseOther = (found: CollectionBody, spec: CollectionSpecBody): void => {
  for (const field of ["imageEncoder", "textEncoder", "transform"] as const) {
    if (spec[field] === undefined || isDeepStrictEqual(spec[field], found[field])) continue;
    const has = field === "transform" ? `"${transformText(found.transform)}"` : quoted(found[field]);
    throw new AnchorageError("conflict", `collection "${spec.name}" is there, and its ${field} is ${has}`);
  }
};

const quoted = (choice: CollectionBody["imageEncoder"]): string =>
  typeof choice === "string" ? `"${choice}"` : "external";

const nameOf = (encoder: CollectionBody["imageEncoder"]): string =>
  typeof encoder === "string" ? encoder : "vectors from outside";

const find = async (
  client: Pick<CollectionsClient, "collection">,
  { name }: CollectionSpecBody,
  { create }: { readonly create: boolean },
): Promise<CollectionBody | null> => {
  try {
    return await client.collection(name).get();
  } catch (error) {
    if (isAnchorageError(error) && error.code === "not-found" && create) return null;
    throw error;
  }
};
