import { useState } from "preact/hooks";
import { counted, percent } from "../format.ts";
import { CalibrateButton } from "./calibrate.tsx";
import { RISK, isUnsupported, rowsOf, scaleOf, type Compared, type Row, type Scale } from "./answer.ts";
import { AsIf } from "./as-if.tsx";
import type { Subject } from "./question.ts";
import { question } from "./state.ts";
import { Why } from "./why.tsx";

interface Props {
  readonly name: string;
  readonly compared: Compared;
  /** Whether it is the answer to what is asked now, not to what was asked before. */
  readonly settled: boolean;
  readonly about: Subject;
}

/** The winner in large, then every class with its bar; one of them is open and shows its anchors. */
export const AnswerCard = ({ name, compared, settled, about }: Props) => {
  const [opened, setOpened] = useState<string | null>(null);
  const { now, before } = compared;
  const scale = scaleOf(compared);
  const rows = rowsOf(compared);
  const [first] = rows;
  const open = opened ?? first?.entry.name;
  const unsupported = isUnsupported(now);
  const was = before?.classes[0]?.name;
  const flipped = was !== undefined && was !== first?.entry.name;
  const headline = headlineOf(compared, scale, first);
  return (
    <>
      <div class="title">
        <h1>{unsupported ? "No caption here is near any of these classes" : first?.entry.name}</h1>
        <p class="muted">
          {flipped && (
            <>
              It was <b>{was}</b> with them.{" "}
            </>
          )}
          {headline}
        </p>
      </div>
      <p class="sr" role="status">
        {settled && first !== undefined ? `${unsupported ? "No answer" : first.entry.name}. ${headline}` : ""}
      </p>
      <AsIf name={name} compared={compared} />
      <ol class="answers">
        {rows.map((row) => (
          <li key={row.entry.name}>
            <ClassRow
              row={row}
              scale={scale}
              open={open === row.entry.name}
              onToggle={() => setOpened(open === row.entry.name ? "" : row.entry.name)}
            />
            {open === row.entry.name && (
              <Why
                name={name}
                entry={row.entry}
                before={entryOf(compared, row.entry.name)}
                method={now.method}
                about={about}
              />
            )}
          </li>
        ))}
      </ol>
      <NoneOfThese name={name} compared={compared} />
      <p class="small muted foot">
        {now.method} · answered in {now.tookMs < 10 ? now.tookMs.toFixed(1) : Math.round(now.tookMs)} ms ·
        sequence {now.sequence}
        {question.value.without.length > 0 ? " · nothing was written" : ""}
      </p>
    </>
  );
};

const entryOf = ({ before }: Compared, name: string) =>
  before?.classes.find((entry) => entry.name === name) ?? null;

const headlineOf = ({ now }: Compared, scale: Scale, first: Row | undefined): string => {
  if (first === undefined || isUnsupported(now))
    return "The nearest anchors are below; add pairs that show these classes.";
  if (scale === "probability") {
    const set = now.set?.map(({ name }) => name) ?? [];
    const among = set.length > 1 ? ` With 90 % certainty it is one of ${set.join(", ")}.` : "";
    return `${percent(first.value)} probable among these ${counted(now.classes.length, "class").replace("classs", "classes")}.${among}`;
  }
  if (scale === "share")
    return `${percent(first.value)} of the support among these ${now.classes.length}. That is not a probability.`;
  return `Score ${first.entry.score.toFixed(3)}. Scores of ${now.method} are not probabilities.`;
};

const ClassRow = ({
  row,
  scale,
  open,
  onToggle,
}: {
  readonly row: Row;
  readonly scale: Scale;
  readonly open: boolean;
  readonly onToggle: () => void;
}) => {
  const { entry, value, before } = row;
  const label = scale === "score" ? entry.score.toFixed(3) : percent(value);
  const moved = before !== null && Math.abs(value - before) > 0.0005;
  return (
    <button type="button" class="row" aria-expanded={open} onClick={onToggle}>
      <span class="name">{entry.name}</span>
      <span class="meter" aria-hidden="true">
        <i class={value < 0 ? "negative" : ""} style={{ width: `${Math.abs(value) * 100}%` }} />
        {before !== null && <i class="was" style={{ width: `${Math.abs(before) * 100}%` }} />}
      </span>
      <b>
        {label}
        {moved && (
          <span class={`delta ${value > before ? "up" : "down"}`}>
            {value > before ? " ▲" : " ▼"}
            <span class="sr">, was {scale === "score" ? before.toFixed(3) : percent(before)}</span>
          </span>
        )}
      </b>
    </button>
  );
};

/** The row that is always there: whether any of the classes should be believed at all. */
const NoneOfThese = ({
  name,
  compared: { now, before },
}: {
  readonly name: string;
  readonly compared: Compared;
}) => {
  const { abstained, calibration } = now;
  const threshold = calibration?.abstain;
  const text =
    calibration === null
      ? before === null
        ? "Not known before the collection is calibrated."
        : "Not known: a calibration holds for the anchors as they are."
      : abstained === true
        ? `Yes: nothing here is sure enough to keep wrong answers at ${percent(RISK)}.`
        : `No: the first class is sure enough to keep wrong answers at ${percent(RISK)}${
            threshold ? ` (from ${percent(threshold.threshold)} on)` : ""
          }.`;
  return (
    <div class={`row out${abstained === true ? " said" : ""}`} role="note">
      <span class="name">none of these</span>
      <span class="none">
        {text} {calibration === null && before === null && <CalibrateButton name={name} />}
      </span>
    </div>
  );
};
