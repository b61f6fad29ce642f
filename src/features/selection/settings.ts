import { invalidField, type AnchorageError, type FieldPath } from "../../errors.ts";
import { transferScorerOf } from "./emms/index.ts";
import { SELECTION_DEFAULTS } from "./defaults.ts";
import type { SelectionMethod } from "./methods.ts";
import type { SelectionSettings } from "./types.ts";

/** Where no two samples are of one class. */
const WITHOUT_CLASSES: readonly SelectionMethod[] = ["emms", "logme-f"];

/**
 * What a request leaves open filled in.
 *
 * @param classNames of each sample
 * @throws AnchorageError `unprocessable` that names `labels` where there are fewer than two, or `methods` where one needs
 * classes of several samples and there are none
 */
export const completeSettings = (
  given: Partial<SelectionSettings>,
  classNames: readonly string[],
): SelectionSettings => {
  const classes = new Set(classNames).size;
  if (classes < 2)
    throw unprocessable(
      ["labels"],
      `must be of at least two kinds; the ${classNames.length} samples have ${classes}`,
    );
  const haveClasses = classes < classNames.length;
  const defaults = { ...SELECTION_DEFAULTS, ...(haveClasses ? {} : { methods: WITHOUT_CLASSES }) };
  const settings: SelectionSettings = { ...defaults, ...given };
  const needing = settings.methods.filter((name) => transferScorerOf(name).needs.includes("classes"));
  if (haveClasses || needing.length === 0) return settings;
  throw unprocessable(
    ["methods"],
    `${needing.join(", ")} need classes, and no two of the ${classNames.length} samples are of one; ${WITHOUT_CLASSES.join(" and ")} go by the texts of labels`,
  );
};

export const unprocessable = (path: FieldPath, message: string): AnchorageError =>
  invalidField(path, message, "unprocessable");
