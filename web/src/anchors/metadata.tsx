import { useState } from "preact/hooks";
import type { StoredAnchorBody } from "../../../src/api/anchors.ts";
import { readValue, writeValue } from "./value.ts";

type Metadata = StoredAnchorBody["metadata"];

/** Metadata as a table whose values can be typed over; an empty key or row takes the field away. */
export const MetadataTable = ({
  metadata,
  onSave,
}: {
  readonly metadata: Metadata;
  readonly onSave: (metadata: Metadata) => Promise<void>;
}) => {
  const stored = Object.entries(metadata).map(([key, value]) => ({ key, typed: writeValue(value) }));
  const [rows, setRows] = useState(stored);
  const [saving, setSaving] = useState(false);
  const edited = JSON.stringify(rows) !== JSON.stringify(stored);
  const set = (at: number, change: Partial<(typeof rows)[number]>): void =>
    setRows(rows.map((row, i) => (i === at ? { ...row, ...change } : row)));
  const save = async (): Promise<void> => {
    setSaving(true);
    const kept = rows.filter(({ key }) => key.trim() !== "");
    await onSave(Object.fromEntries(kept.map(({ key, typed }) => [key.trim(), readValue(typed)])));
    setSaving(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <table class="metadata">
        <caption class="small muted">Metadata</caption>
        <tbody>
          {rows.map(({ key, typed }, i) => (
            <tr key={i}>
              <th scope="row">
                {i < stored.length ? (
                  key
                ) : (
                  <input
                    aria-label="New key"
                    placeholder="key"
                    value={key}
                    onInput={(event) => set(i, { key: event.currentTarget.value })}
                  />
                )}
              </th>
              <td>
                <input
                  aria-label={key === "" ? "New value" : `Value of ${key}`}
                  value={typed}
                  onInput={(event) => set(i, { typed: event.currentTarget.value })}
                />
              </td>
              <td>
                <button
                  type="button"
                  class="bare"
                  aria-label={`Take ${key === "" ? "the row" : key} away`}
                  onClick={() => setRows(rows.filter((_, at) => at !== i))}
                >
                  ×
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="buttons start">
        <button type="button" class="link" onClick={() => setRows([...rows, { key: "", typed: "" }])}>
          Add a field
        </button>
        <span class="grow" />
        {edited && (
          <>
            <button type="button" class="plain" onClick={() => setRows(stored)}>
              Undo
            </button>
            <button type="submit" disabled={saving}>
              Save
            </button>
          </>
        )}
      </div>
    </form>
  );
};
