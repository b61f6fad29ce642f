import { AnchorageError, messageOf } from "../../errors.ts";
import { readProfile, type IndexProfile } from "../index.ts";

/** The profile of that name in indexes/. @throws AnchorageError `invalid-input` where there is none, or it is wrong. */
export const profileNamed = (name: string): IndexProfile => {
  try {
    return readProfile(name);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "there is no such file" : messageOf(error);
    throw new AnchorageError("invalid-input", `indexes/${name}.json: ${why}`, { cause: error });
  }
};
