import type { SignedReportBody } from "./api.ts";
import { keyFingerprint } from "./signing.ts";

const STYLE = `
body{font:14px/1.5 system-ui,sans-serif;max-width:820px;margin:32px auto;padding:0 16px;color:#1c1d1f;background:#fff}
h1{font-size:22px}h2{font-size:15px;margin:28px 0 6px}table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;padding:4px 8px 4px 0;border-bottom:1px solid #e2e1dc;vertical-align:top}
code{font-size:12px;overflow-wrap:anywhere}.muted{color:#63656b}@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}`;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (value: unknown): string =>
  String(value).replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? sign);

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  `<table><thead><tr>${head.map((cell) => `<th scope="col">${escape(cell)}</th>`).join("")}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`)
    .join("")}</tbody></table>`;

const list = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join("")}</ul>`;

/** The id of the element that holds a report's JSON within its HTML. */
const JSON_ID = "signed-report";

/**
 * One page for the file, to be printed or kept: what was erased for whom, what that changed, and the signed JSON itself, by
 * which `verify-receipt` checks the page's source. It needs no network and runs no script.
 */
export const reportHtml = (signed: SignedReportBody): string => {
  const { report, signature } = signed;
  const { asked, which, nearCopies, questions, fits, searched, chain } = report;
  const deletion = chain.find(({ id }) => id === report.deletion);
  const erasure = chain.find(({ id }) => id === report.erasure);
  // A script element ends at the first "</", wherever it stands.
  const json = JSON.stringify(signed).replaceAll("<", "\\u003c");
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Erasure from ${escape(report.collection)}</title><style>${STYLE}</style></head><body>`,
    `<h1>Erasure from ${escape(report.collection)}</h1>`,
    `<p>${escape(report.deleted)} anchors were deleted at sequence ${escape(report.sequence)} and their bytes erased. Report of ${escape(report.madeAt)}.</p>`,
    `<h2>Request</h2>`,
    table(
      ["", ""],
      [
        ["Asked by", asked.by ?? "not said"],
        ["Reason", asked.reason ?? "not said"],
        ["Asked at", asked.at],
        ["Which", which.filter === null ? `${which.ids ?? 0} ids` : JSON.stringify(which.filter)],
        ["Carried out by", deletion?.user ?? deletion?.key ?? "a request without a key"],
      ],
    ),
    `<h2>Receipts</h2>`,
    table(
      ["Receipt", "At", "Anchors", "sha256"],
      [deletion, erasure].flatMap((receipt) =>
        receipt === undefined
          ? []
          : [
              [
                `${receipt.kind} ${receipt.id}`,
                receipt.kind === "deletion" ? receipt.deletedAt : receipt.erasedAt,
                receipt.count,
                receipt.hash,
              ],
            ],
      ),
    ),
    `<h2>Near copies that stay</h2>`,
    `<p>${escape(nearCopies.count)} anchors that stay have a picture whose cosine to a deleted one is ${escape(nearCopies.imageSimilarity)} or more.</p>`,
    nearCopies.listed.length === 0
      ? ""
      : table(
          ["Anchor", "Caption", "Cosine"],
          nearCopies.listed.map(({ anchor, text, similarity }) => [
            anchor,
            text ?? "",
            similarity.toFixed(4),
          ]),
        ),
    `<h2>Questions</h2>`,
    questions === null
      ? "<p>None were asked.</p>"
      : `<p>${escape(questions.flipped)} of ${escape(questions.questions.length)} are answered otherwise than before. What was predicted before the deletion and what was answered after it differ by ${escape(questions.largestDifference.toExponential(1))} at most${questions.equal ? "" : ", which is more than 1e-6"}.</p>${table(
          ["Picture", "Before", "Predicted", "After"],
          questions.questions.map(({ anchor, before, predicted, after }) => [
            anchor,
            ...[before, predicted, after].map(({ name, score }) => `${name} (${score.toFixed(6)})`),
          ]),
        )}`,
    `<p class="muted">Transforms in use afterwards: pictures ${escape(fits.image.transform)}, fitted at sequence ${escape(fits.image.sequence)}; captions ${escape(fits.text.transform)}, at ${escape(fits.text.sequence)}.</p>`,
    `<h2>Bytes</h2>`,
    searched === null
      ? "<p>Stored bytes were not searched.</p>"
      : `<p>Searched for ${escape(searched.anchors)} of the deleted anchors: ${searched.found === 0 ? "found nowhere" : `${escape(searched.found)} left traces`}.</p>${list([...searched.places, ...searched.traces])}`,
    `<p>Not searched:</p>${list(report.notSearched)}`,
    `<h2>Signature</h2>`,
    `<p>Ed25519, by the key with the sha256 <code>${escape(keyFingerprint(signature.publicKey))}</code>.<br>Public key: <code>${escape(signature.publicKey)}</code><br>Signature: <code>${escape(signature.value)}</code></p>`,
    `<p class="muted">Check this file offline: <code>npm run verify-receipt -- FILE</code>. It reads the signed JSON within this page, not its text.</p>`,
    `<script type="application/json" id="${JSON_ID}">${json}</script></body></html>\n`,
  ].join("\n");
};

/** The signed JSON of a report's file: its HTML, or the JSON itself; null where it is neither. */
export const readReportFile = (content: string): unknown => {
  const [, embedded] =
    new RegExp(`<script type="application/json" id="${JSON_ID}">([^]*?)</script>`).exec(content) ?? [];
  try {
    return JSON.parse(embedded ?? content);
  } catch {
    return null;
  }
};
