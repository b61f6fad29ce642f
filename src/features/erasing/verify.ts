import { createHash } from "node:crypto";
import type { ReceiptBody } from "../../api/receipts.ts";
import { canonicalJson, FIRST_PREVIOUS, hashOfAnchors } from "../../store/receipt-chain.ts";
import type { JsonValue } from "../../types.ts";
import type { SignedReportBody } from "./api.ts";
import { isSignedBy } from "./signing.ts";

const TOLERANCE = 1e-6;

/**
 * Checks a signed report without any service: its signature, every hash of its chain of receipts, and that what it says
 * follows from them.
 *
 * @param expectedKey the public key that the installation is known by, SPKI in base64; undefined: whatever key signed it
 * @returns what is wrong, one sentence each; empty where nothing is
 */
export const faultsOfReport = (
  { report, signature }: SignedReportBody,
  expectedKey?: string,
): readonly string[] => {
  const { chain, questions } = report;
  const deletion = chain.find(({ id }) => id === report.deletion);
  const erasure = chain.find(({ id }) => id === report.erasure);
  const differences = questions?.questions.map(({ difference }) => difference) ?? [];
  const checks: readonly (readonly [boolean, string])[] = [
    [
      // A parsed report is JSON by its schema.
      isSignedBy(report as unknown as JsonValue, signature.value, signature.publicKey),
      "the signature is not that of the report: one of them was changed",
    ],
    [
      expectedKey === undefined || signature.publicKey === expectedKey,
      "the report is signed by another key than the one that was given",
    ],
    [deletion?.kind === "deletion", "the chain has no receipt of the deletion"],
    [erasure?.kind === "erasure", "the chain has no receipt of the erasure"],
    [
      deletion?.count === report.deleted,
      `the receipt counts ${deletion?.count ?? 0} anchors, and the report ${report.deleted}`,
    ],
    [deletion?.sequence === report.sequence, "the receipt is of another sequence than the report says"],
    [
      (erasure?.sequence ?? -1) >= report.sequence,
      "the erasure is of a sequence before the deletion, so that it does not cover it",
    ],
    [
      differences.every((difference) => difference <= TOLERANCE) === (questions?.equal ?? true),
      "the report's verdict on its predictions does not follow from their differences",
    ],
    [questions?.equal ?? true, "answers after the deletion differ from those predicted by more than 1e-6"],
    [
      Object.values(report.fits).every(
        ({ transform, sequence }) => transform === "none" || sequence >= report.sequence,
      ),
      "a transform in use was fitted before the deletion",
    ],
    [(report.searched?.found ?? 0) === 0, "bytes of deleted anchors were found"],
  ];
  const chainFault = faultOfChain(report.collection, chain);
  return [
    ...checks.flatMap(([holds, fault]) => (holds ? [] : [fault])),
    ...(chainFault === null ? [] : [chainFault]),
  ];
};

/** Checks a chain of receipts from its beginning; null where it is whole. */
export const faultOfChain = (collection: string, chain: readonly ReceiptBody[]): string | null => {
  let previous = FIRST_PREVIOUS;
  for (const [i, receipt] of chain.entries()) {
    if (receipt.position !== i + 1) return `a receipt is missing before number ${receipt.position}`;
    if (receipt.previousHash !== previous) return `number ${receipt.position} does not follow the one before`;
    if (receipt.hash !== hashOfBody(collection, receipt)) return `number ${receipt.position} was changed`;
    previous = receipt.hash;
  }
  return null;
};

const NO_ANCHORS = hashOfAnchors(new Uint8Array(0));

/** The hash of a receipt as the API describes it. */
const hashOfBody = (collection: string, receipt: ReceiptBody): string => {
  const { id, kind, position, sequence, count, previousHash, version, key, user, retainedBy, nodes } =
    receipt;
  const json = canonicalJson({
    ...(version === 1 ? {} : { version, key, user, retainedBy, nodes }),
    ...{ collection, id, kind, position, sequence, count, previousHash },
    ...(receipt.kind === "deletion"
      ? {
          ...{ at: receipt.deletedAt, salt: receipt.salt, anchorsHash: receipt.anchorsHash },
          ...{ installation: null, generation: null },
        }
      : {
          ...{ at: receipt.erasedAt, salt: "", anchorsHash: NO_ANCHORS },
          ...{ installation: receipt.installation, generation: receipt.generation },
        }),
  });
  return createHash("sha256").update(json).digest("hex");
};
