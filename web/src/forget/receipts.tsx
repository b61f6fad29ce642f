import type { ReceiptBody } from "../../../src/api/receipts.ts";
import { count, counted, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { canCheck, faultOfChain } from "./chain.ts";

const SHOWN = 50;

const readChain = async (name: string, signal: AbortSignal) => {
  const receipts: ReceiptBody[] = [];
  for await (const receipt of collectionClient(name).listReceipts({ signal })) receipts.push(receipt);
  return { receipts, fault: canCheck() ? await faultOfChain(name, receipts) : null };
};

/** The collection's chain of receipts, whose hashes are computed here and compared. */
export const Receipts = ({ name, sequence }: { readonly name: string; readonly sequence: number }) => {
  const { value, error } = useLoad((signal) => readChain(name, signal), `${name} ${sequence}`);
  if (error !== null) return <Problem error={error} />;
  if (value === undefined) return <p class="muted">Reading the receipts…</p>;
  const { receipts, fault } = value;
  const last = [...receipts].reverse().slice(0, SHOWN);
  return (
    <section aria-label="Receipts" class="receipts">
      <h2>Receipts</h2>
      {receipts.length === 0 && <p class="muted">Nothing was deleted from {name} yet.</p>}
      {receipts.length > 0 && (
        <p class={fault === null ? "note" : "problem"} role="status">
          {!canCheck()
            ? "Hashes are checked in a browser on localhost or over HTTPS alone; npm run verify-erasure checks them too."
            : (fault ??
              `The chain is whole: ${counted(receipts.length, "receipt")} checked here, in your browser.`)}
        </p>
      )}
      {last.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col" class="number">
                  Anchors
                </th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Sequence
                </th>
                <th scope="col">Hash</th>
              </tr>
            </thead>
            <tbody>
              {last.map((receipt) => (
                <tr key={receipt.id}>
                  <td>{when(receipt.kind === "deletion" ? receipt.deletedAt : receipt.erasedAt)}</td>
                  <td>{receipt.kind}</td>
                  <td class="number">{count(receipt.count)}</td>
                  <td>{receipt.kind === "deletion" ? receipt.state : ""}</td>
                  <td class="number">{count(receipt.sequence)}</td>
                  <td>
                    <code title={receipt.hash}>{receipt.hash.slice(0, 16)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {receipts.length > SHOWN && (
        <p class="muted small">
          The last {SHOWN} of {count(receipts.length)}; all were checked.
        </p>
      )}
    </section>
  );
};
