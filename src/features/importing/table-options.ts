/** How a table is read. A column whose name is absent is looked for under its usual names. */
export interface TableOptions {
  /** The folder that paths start from, and that they do not leave; the table's own where absent. */
  readonly images?: string;
  readonly path?: string;
  readonly caption?: string;
  readonly id?: string;
  /** Left out of the metadata. */
  readonly without?: readonly string[];
  /** What separates the cells of a `.csv` or `.tsv`; found in its header where absent. */
  readonly delimiter?: string;
  /** The sheet of a `.xlsx` or `.ods`; the first one where absent. */
  readonly sheet?: string;
}
