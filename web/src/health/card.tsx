import { useState } from "preact/hooks";
import { count, counted } from "../format.ts";
import { formatRoute } from "../route.ts";
import { Picture } from "../ui/picture.tsx";
import { KeepOne, Recaption, Remove, type Recaptioned } from "./remedies.tsx";
import { KIND_WORDS, leftOf, type CheckedFinding, type CheckProblem } from "./words.ts";

const SHOWN = 3;
const MORE = 20;
/** Pictures of one finding beside each other. */
const PICTURES = 4;

interface CardProps {
  readonly collection: string;
  readonly problem: CheckProblem;
  /** `kind id` of what was dealt with since the check. */
  readonly settled: ReadonlySet<string>;
  readonly onRemoved: (ids: readonly string[]) => void;
  readonly onChanged: (kind: string, changed: readonly Recaptioned[]) => void;
}

/** One kind of problem: how often, the worst examples, and what can be done about each. */
export const ProblemCard = ({ collection, problem, settled, onRemoved, onChanged }: CardProps) => {
  const [shown, setShown] = useState(SHOWN);
  const [asking, setAsking] = useState<CheckedFinding | null>(null);
  const [removing, setRemoving] = useState<CheckedFinding | null>(null);
  const { kind, anchors } = problem;
  const { title, why, remedy, action } = KIND_WORDS[kind];
  const left = problem.findings.flatMap((finding) => leftOf(problem, finding, settled) ?? []);
  const fixed = problem.findings.length - left.length;
  const close = (): void => setAsking(null);
  return (
    <section class="card problem-card" aria-labelledby={`kind-${kind}`}>
      <h2 id={`kind-${kind}`}>
        {title} <span class="tally">{count(Math.max(0, problem.count - fixed))}</span>
      </h2>
      <p class="muted small">
        {why} {counted(anchors, "anchor")} {anchors === 1 ? "is" : "are"} concerned.
      </p>
      <ul class="findings">
        {left.slice(0, shown).map((finding) => (
          <li key={finding.anchors[0]?.anchor}>
            <Pictures collection={collection} finding={finding} />
            <p class="small">{finding.reason}</p>
            <div class="buttons">
              {remedy === "look" || remedy === "add" ? (
                <a class="button plain" href={addressOf(collection, remedy, finding)}>
                  {action}
                </a>
              ) : (
                <button type="button" class="plain" onClick={() => setAsking(finding)}>
                  {action}
                </button>
              )}
              {kind === "mismatches" && (
                <button type="button" class="link" onClick={() => setRemoving(finding)}>
                  Remove…
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {left.length > shown && (
        <button type="button" class="link" onClick={() => setShown(shown + MORE)}>
          Show more of {count(left.length)}
        </button>
      )}
      {asking !== null && remedy === "keep-one" && (
        <KeepOne collection={collection} finding={asking} onClose={close} onRemoved={onRemoved} />
      )}
      {asking !== null && remedy === "re-caption" && (
        <Recaption
          collection={collection}
          finding={asking}
          all={kind === "duplicate-captions"}
          onClose={close}
          onChanged={(changed) => onChanged(kind, changed)}
        />
      )}
      {asking !== null && remedy === "remove" && (
        <Remove collection={collection} finding={asking} onClose={close} onRemoved={onRemoved} />
      )}
      {removing !== null && (
        <Remove
          collection={collection}
          finding={removing}
          onClose={() => setRemoving(null)}
          onRemoved={onRemoved}
        />
      )}
    </section>
  );
};

const addressOf = (c: string, remedy: "look" | "add", { value }: CheckedFinding): string =>
  remedy === "add"
    ? formatRoute("add", { c })
    : formatRoute("anchors", { c, text: String(value ?? ""), kind: "words" });

/** The anchors of a finding, and the one to compare with. */
const Pictures = ({
  collection,
  finding: { anchors, beside, count: all },
}: {
  readonly collection: string;
  readonly finding: CheckedFinding;
}) => {
  const listed = anchors.slice(0, beside === null ? PICTURES : 1);
  return (
    <div class="strip" data-grid>
      {listed.map((anchor) => (
        <Shown key={anchor.anchor} collection={collection} anchor={anchor} />
      ))}
      {beside !== null && <Shown collection={collection} anchor={beside} beside />}
      {beside === null && all > listed.length && (
        <span class="muted small more">and {count(all - listed.length)} more</span>
      )}
    </div>
  );
};

const Shown = ({
  collection,
  anchor: { anchor, text, image },
  beside = false,
}: {
  readonly collection: string;
  readonly anchor: CheckedFinding["anchors"][number];
  readonly beside?: boolean;
}) => (
  <a
    class={`anchor${beside ? " beside" : ""}`}
    data-item
    href={formatRoute("anchors", { c: collection, open: anchor })}
    title={`${text ?? anchor}\n${anchor}`}
  >
    <Picture collection={collection} id={anchor} caption={text} hasImage={image !== null} captioned />
    <span class="cap">{text ?? anchor}</span>
    <span class="contrib">{beside ? "to compare" : anchor}</span>
  </a>
);
