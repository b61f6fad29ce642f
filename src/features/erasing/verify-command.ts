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

const run = async (given: Given, { print, note }: Terminal): Promise<number> => {
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
  print(
    `${report.collection}: ${report.deleted} anchors deleted at sequence ${report.sequence}, ${report.madeAt}`,
  );
  print(`signed by the key with sha256 ${keyFingerprint(signature.publicKey)}`);
  for (const fault of faults) note(`verify-receipt: ${fault}`);
  if (faults.length > 0) return EXIT.failed;
  print(`the signature holds, and so do all ${report.chain.length} receipts up to the erasure`);
  if (given.key === undefined)
    note("any key could have signed it: compare the key with GET /v1/signing-key, or give it as --key");
  return EXIT.done;
};

export const verifyReceiptCommand: Command<Given> = {
  name: "verify-receipt",
  synopsis: "FILE [--key KEY]",
  about: [
    "Checks the report of an erasure, offline: its signature, every hash of its chain of receipts, and that its statements follow from them: that the erasure covers the deletion, that answers are as predicted, that transforms were fitted anew and that no bytes were found.",
    "",
    "FILE is the HTML or the JSON that `erase --report` wrote or the page downloaded; of HTML the signed JSON within is checked.",
    "",
    "Exit status: 0 all holds, 1 something does not, and what, 2 wrong use.",
  ].join("\n"),
  options: {
    key: {
      type: "string",
      value: "KEY",
      help: "the public key that must have signed it, as GET /v1/signing-key says it",
    },
  },
  examples: ["erasure.html", "erasure.json --key MCowBQYDK2VwAyEA..."],
  schema,
  run,
};
