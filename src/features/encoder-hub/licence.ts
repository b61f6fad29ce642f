/** Licences of the hub that forbid commercial use: Creative Commons' NC, and those for research alone. */
const NON_COMMERCIAL = /(^|-)nc(-|$)|non-?commercial|^apple-amlr$|research/i;

/**
 * What to know of a model's licence before it is used; undefined where it allows commercial use.
 *
 * @param licence id of the hub
 * @example
 * ```ts
 * warnOfLicence("cc-by-nc-4.0"); // "its licence, cc-by-nc-4.0, forbids commercial use"
 * warnOfLicence("mit"); // undefined
 * ```
 */
export const warnOfLicence = (licence: string | undefined): string | undefined => {
  if (licence === undefined) return "it names no licence; its page may say what it allows";
  if (licence === "other") return "its licence is one of its own; read it on its page before commercial use";
  return NON_COMMERCIAL.test(licence) ? `its licence, ${licence}, forbids commercial use` : undefined;
};
