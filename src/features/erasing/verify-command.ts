import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { EXIT, type Command, type OptionSchemas, type Terminal } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";

const schema = ({ z, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()).length(1, "FILE is required: a report as HTML or JSON"),
      key: requiredText.optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { show, note }: Terminal): Promise<number> => {
  const [{ signedReport }, { readReportFile }, { faultsOfReport }, { keyFingerprint }] = await Promise.all([
    import("./api.ts"),
    import("./html.ts"),
    import("./verify.ts"),
    import("./signing.ts"),
  ]);
  const [file = ""] = given.arguments;
  const content = await readFile(file, "utf8").catch((error: unknown) => {
    throw new AnchorageError("invalid-input", `${file}: cannot be read`, { cause: error });
  });
  const read = readReportFile(content);
  const parsed = signedReport.safeParse(read);
  if (!parsed.success)
    throw new AnchorageError("invalid-input", `${file}: not a report of an erasure, or a changed one`);
  const signed = signedReport.encode(parsed.data);
  const { report, signature } = signed;
  const faults = faultsOfReport(signed, given.key);
  const { collection, deleted, sequence, madeAt, chain } = report;
  const keySha256 = keyFingerprint(signature.publicKey);
  show({ collection, deleted, sequence, madeAt, keySha256, receipts: chain.length, faults }, () => [
    `${collection}: ${deleted} anchors deleted at sequence ${sequence}, ${madeAt}`,
    `signed by the key with sha256 ${keySha256}`,
    ...(faults.length > 0
      ? []
      : [`the signature is valid, and so are all ${chain.length} receipts up to the erasure`]),
  ]);
  for (const fault of faults) note(`verify-receipt: ${fault}`);
  if (faults.length > 0) return EXIT.failed;
  if (given.key === undefined)
    note("any key could have signed it: compare the key with GET /v1/signing-key, or give it as --key");
  return EXIT.done;
};

export const verifyReceiptCommand: Command<Given> = {
  name: "verify-receipt",
  synopsis: "FILE [--key KEY]",
  about: [
    "Checks the report of an erasure, offline: its signature, every hash of its chain of receipts, and whether its statements follow from them: the erasure covers the deletion, answers are as predicted, transforms were fitted again, and no bytes were found.",
    "",
    "FILE is the HTML or JSON that `erase --report` wrote or the page downloaded; in HTML, the signed JSON inside is checked.",
  ].join("\n"),
  options: {
    key: {
      type: "string",
      value: "KEY",
      help: "the public key that must have signed it, as GET /v1/signing-key returns it",
    },
  },
  exits: { done: "everything is valid", failed: "something is not valid; stderr says what" },
  examples: ["erasure.html", "erasure.json --key MCowBQYDK2VwAyEA..."],
  schema,
  run,
};
