import { expect, it } from "vitest";
import { warnOfLicence } from "../../../src/features/encoder-hub/licence.ts";

it.each(["cc-by-nc-4.0", "cc-by-nc-sa-4.0", "apple-amlr", "fair-noncommercial-research-license"])(
  "the licence %s is said to forbid commercial use",
  (licence) => expect(warnOfLicence(licence)).toContain("forbids commercial use"),
);

it.each(["mit", "apache-2.0", "cc-by-4.0", "bsd-3-clause"])("the licence %s needs no warning", (licence) =>
  expect(warnOfLicence(licence)).toBeUndefined(),
);

it.each([undefined, "other"])("the licence %s sends to the model's page", (licence) =>
  expect(warnOfLicence(licence)).toContain("page"),
);
