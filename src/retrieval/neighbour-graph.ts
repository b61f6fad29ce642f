/** Labels of vectors with their distances (1 - dot product), nearest first. */
export interface GraphNeighbours {
  readonly neighbors: readonly number[];
  readonly distances: readonly number[];
}

/** A graph of vectors of norm 1 with labels from 0 on, as the libraries below have it. */
export interface NeighbourGraph {
  /** Prepares an empty graph. */
  initIndex(options: {
    readonly maxElements: number;
    readonly m: number;
    readonly efConstruction: number;
    readonly randomSeed: number;
  }): void;
  addPoint(vector: number[], label: number): void;
  /** Hides a vector from searches. */
  markDelete(label: number): void;
  /** Number of candidates of the searches that follow. */
  setEf(ef: number): void;
  searchKnn(query: number[], k: number, filter?: (label: number) => boolean): GraphNeighbours;
  /** Number of vectors that fit in before {@link resizeIndex}. */
  getMaxElements(): number;
  resizeIndex(maxElements: number): void;
  getCurrentCount(): number;
  readIndex(file: string): Promise<unknown>;
  readIndexSync(file: string): unknown;
  writeIndexSync(file: string): unknown;
}

/** A library that builds graphs. Neither reads the files of the other. */
export interface GraphLibrary {
  readonly name: "hnswlib" | "usearch";
  /** @param dimension of the vectors */
  readonly newGraph: (dimension: number) => NeighbourGraph;
}
