import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import "./charts.css";

export interface Column {
  readonly title: string;
  readonly format: (value: number) => string;
}

interface Props {
  /** The question that the figure answers. */
  readonly title: string;
  /** The answer in a sentence. */
  readonly note: string;
  readonly columns: readonly Column[];
  /** The same numbers as the drawing shows; null where there is none. */
  readonly rows: readonly (readonly (number | string | null)[])[];
  readonly children: ComponentChildren;
}

/** A drawing with its question, its answer and its numbers as a table. */
export const Figure = ({ title, note, columns, rows, children }: Props) => {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure class="card figure">
      <figcaption>
        <h2>{title}</h2>
        {note !== "" && <p>{note}</p>}
      </figcaption>
      {asTable ? (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${title} Numbers`}>
          <table>
            <thead>
              <tr>
                {columns.map((column, i) => (
                  <th key={i} scope="col" class="number">
                    {column.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((value, at) => (
                    <td key={at} class="number">
                      {typeof value === "number" ? (columns[at]?.format(value) ?? value) : (value ?? "–")}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        children
      )}
      <button
        type="button"
        class="link small"
        aria-label={`${title} ${asTable ? "Show as chart" : "Show as table"}`}
        onClick={() => setAsTable(!asTable)}
      >
        {asTable ? "Show as chart" : "Show as table"}
      </button>
    </figure>
  );
};
