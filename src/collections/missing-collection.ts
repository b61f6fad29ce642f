import { AnchorageError } from "../errors.ts";
import { listCollections, type Store } from "../store/index.ts";

const NAMES_SHOWN = 10;

/** A `not-found` error that names the collections that there are. */
export const missingCollection = async (store: Store, name: string): Promise<AnchorageError> => {
  const names = (await listCollections(store)).map((collection) => collection.name);
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  const there =
    names.length === 0
      ? "There is none yet."
      : `There are: ${names.slice(0, NAMES_SHOWN).join(", ")}${more}.`;
  return new AnchorageError("not-found", `There is no collection "${name}". ${there}`);
};
