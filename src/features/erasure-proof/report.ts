import { columns } from "../../command.ts";
import type { Receipt } from "../../store/index.ts";
import type { Finding, Proof, Searched, Trace } from "./types.ts";

const HEAD = ["anchor", "receipt", "state", "found"] as const;
const RECEIPT_SHOWN = 8;

/** Formats a proof for the terminal: the chain, the receipts, a table of the anchors, and what was searched. */
export const reportOf = ({
  collection,
  chain,
  receipts,
  retainedBy,
  findings,
  searched,
}: Proof): string[] => {
  const whole = chain.fault === null ? "the chain is whole" : `the chain is broken: ${chain.fault}`;
  const last = chain.hash === "" ? "" : `; the last has sha256 ${chain.hash}`;
  return [
    `${collection}: ${counted(chain.receipts, "receipt")}, ${whole}${last}`,
    ...receipts.map(receiptLine),
    ...retainedBy.map((name) => `kept, and made with anchors of the collection: ${name}`),
    ...(searched === null
      ? ["no anchors were given, so nothing was searched"]
      : ["", ...tableOf(findings), "", ...searchedLines(searched)]),
    ...idLines(findings),
  ];
};

const receiptLine = ({ id, count, sequence, at, erased }: Receipt): string => {
  const state =
    erased === null ? "hidden" : `erased ${erased.at.toISOString()} in generation ${erased.generation}`;
  return `receipt ${id}: ${counted(count, "anchor")} deleted ${at.toISOString()} at sequence ${sequence}, ${state}`;
};

const tableOf = (findings: readonly Finding[]): string[] => {
  const rows = findings.flatMap((finding) => {
    const [first = "", ...others] = foundIn(finding);
    const receipt = finding.receipt?.slice(0, RECEIPT_SHOWN) ?? "-";
    return [[finding.name, receipt, finding.state, first], ...others.map((line) => ["", "", "", line])];
  });
  return columns([HEAD, ...rows]);
};

const foundIn = ({ traces, unsearchable, shared, sameContent }: Finding): string[] => {
  const lines = traces.map((trace) => `${trace.what}: ${trace.where}${timesOf(trace)}`);
  if (lines.length === 0) lines.push("nowhere");
  for (const what of unsearchable) lines.push(`${what}: too short or too uniform to be searched for`);
  for (const { what, by } of shared) lines.push(`(${what}: also live in ${by.join(", ")})`);
  if (sameContent === false) lines.push("(the receipt is of other content under this id)");
  return lines;
};

const timesOf = ({ times, beyond }: Trace): string => {
  if (beyond > 0) return `, ${counted(times, "time")} more than live anchors hold it`;
  return times === 1 ? "" : `, ${times} times in all`;
};

const searchedLines = ({ tables, rows, closedTables, postgres, indexes }: Searched): string[] => [
  `searched ${counted(rows, "row")} of ${counted(tables, "table")} and ` +
    `${counted(indexes.files, "file")} under DATA_DIR/indexes (${mebibytes(indexes.bytes)})`,
  ...(closedTables.length === 0
    ? []
    : [`not searched, for they may not be read: ${closedTables.join(", ")}`]),
  ...(postgres === null
    ? [
        "not searched: the files of Postgres, which this user may not read (a superuser may); only its rows were",
      ]
    : [
        `searched ${counted(postgres.files, "file")} of Postgres (${mebibytes(postgres.bytes)})` +
          (postgres.walBytes === null
            ? ", its write-ahead log among them"
            : `; not its write-ahead log (${mebibytes(postgres.walBytes)}), which the server keeps as long as it needs it`),
      ]),
];

const idLines = (findings: readonly Finding[]): string[] => {
  const kept = findings.filter(({ idOnRecord }) => idOnRecord).length;
  return kept === 0
    ? []
    : [
        `the list of changes, by which services follow each other, has ${counted(kept, "id")} of these; a compaction removes what is older than a day`,
      ];
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
