import { useState } from "preact/hooks";
import { AnchorageError } from "../../../src/client/index.ts";
import type { CollectionBody } from "../../../src/api/collections.ts";
import { count, counted, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient, current, refresh } from "../service.ts";
import { jobKey, JobStart } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { ProblemCard } from "./card.tsx";
import "./health.css";
import type { Recaptioned } from "./remedies.tsx";
import { KIND_WORDS } from "./words.ts";

const MOST_CLASSES = 1_000;

/** What is wrong with the anchors of the collection, one card for each kind of problem. */
export const Health = () => {
  const collection = current.value;
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  return <HealthOf key={collection.name} collection={collection} />;
};

const isMissing = (error: unknown): boolean => error instanceof AnchorageError && error.code === "not-found";

const HealthOf = ({ collection }: { readonly collection: CollectionBody }) => {
  const { name, sequence } = collection;
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set());
  const [undo, setUndo] = useState<readonly Recaptioned[]>([]);
  const [by, setBy] = useState("");
  const [failed, setFailed] = useState<unknown>(null);
  const { value, error } = useLoad(
    (signal) => collectionClient(name).getCheck({ signal }),
    `${name} ${sequence} ${jobKey("check", name)}`,
  );
  const found = isMissing(error) ? undefined : value;
  const putBack = async (): Promise<void> => {
    try {
      for (const { id, before, sequence: written } of undo)
        if (before !== null)
          await collectionClient(name).changeAnchor(id, { text: before, ifSequence: written });
      setSettled(new Set([...settled].filter((key) => !undo.some(({ id }) => key.endsWith(` ${id}`)))));
      setUndo([]);
    } catch (fault) {
      setFailed(fault);
    }
    await refresh();
  };
  return (
    <div class="health">
      <div class="title">
        <h1>Data health</h1>
        <p class="muted">What is wrong with the anchors is wrong with the answers.</p>
      </div>
      <div class="check-bar">
        <ClassField name={name} sequence={sequence} value={by} onChange={setBy} />
        <JobStart
          kind="check"
          subject={name}
          plain={found !== undefined}
          start={() => collectionClient(name).check(by === "" ? {} : { by })}
        >
          {found === undefined ? "Check this collection" : "Check again"}
        </JobStart>
      </div>
      <Problem error={failed ?? (isMissing(error) ? null : error)} />
      {undo.length > 0 && (
        <p class="note" role="status">
          {counted(undo.length, "caption")} changed to “{undo[0]?.after}”.{" "}
          <button type="button" class="link" onClick={() => void putBack()}>
            Undo
          </button>
        </p>
      )}
      {found === undefined ? (
        isMissing(error) && (
          <p class="muted">
            {name} has not been checked since its last compaction. A check looks for duplicates, wrong
            captions and anchors that spoil answers, and changes nothing.
          </p>
        )
      ) : (
        <>
          <p class="muted small">
            {counted(found.anchorCount, "anchor")} were checked {when(found.checkedAt)}
            {found.settings.by === null ? "" : `, with the values of ${found.settings.by} as classes`}.
            {!found.current && ` Anchors were written or deleted since; what was deleted is left out here.`}
          </p>
          <div class="problem-cards">
            {found.problems
              .filter((problem) => problem.count > 0)
              .map((problem) => (
                <ProblemCard
                  key={problem.kind}
                  collection={name}
                  problem={problem}
                  settled={settled}
                  onRemoved={(ids) =>
                    setSettled(
                      new Set([
                        ...settled,
                        ...ids.flatMap((id) => found.problems.map(({ kind }) => `${kind} ${id}`)),
                      ]),
                    )
                  }
                  onChanged={(kind, changed) => {
                    setSettled(new Set([...settled, ...changed.map(({ id }) => `${kind} ${id}`)]));
                    setUndo(changed);
                  }}
                />
              ))}
          </div>
          <Nothing problems={found.problems} />
        </>
      )}
    </div>
  );
};

/** The kinds of problems that there are none of, and those that were not looked for. */
const Nothing = ({
  problems,
}: {
  readonly problems: readonly {
    readonly kind: keyof typeof KIND_WORDS;
    readonly count: number;
    readonly skipped: string | null;
  }[];
}) => {
  const none = problems.filter(({ count: found, skipped }) => found === 0 && skipped === null);
  const skipped = problems.filter((problem) => problem.skipped !== null);
  return (
    <ul class="muted small">
      {none.map(({ kind }) => (
        <li key={kind}>{KIND_WORDS[kind].title}: none</li>
      ))}
      {skipped.map(({ kind, skipped: reason }) => (
        <li key={kind}>
          {KIND_WORDS[kind].title}: not looked for; {reason}
        </li>
      ))}
    </ul>
  );
};

/** Which metadata field names the classes. */
const ClassField = ({
  name,
  sequence,
  value,
  onChange,
}: {
  readonly name: string;
  readonly sequence: number;
  readonly value: string;
  readonly onChange: (by: string) => void;
}) => {
  const { value: read } = useLoad(
    (signal) => collectionClient(name).facets({ limit: 1 }, { signal }),
    `${name} ${sequence}`,
  );
  const keys = (read?.facets ?? []).filter(({ distinct }) => distinct > 1 && distinct <= MOST_CLASSES);
  return (
    <label class="field">
      <span>Classes are</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">captions</option>
        {keys.map(({ key, distinct }) => (
          <option key={key} value={key}>
            {key} ({count(distinct)})
          </option>
        ))}
      </select>
    </label>
  );
};
