import type { Random } from "../../src/math/random.ts";
import type { Service } from "./service.ts";

/** A kind of fault or attack that a service must bear. */
export interface Fault {
  /** As `--only` takes it. */
  readonly name: string;
  /** How many rounds it has for each round of another fault with 1. */
  readonly share: number;
  /** Why it cannot be tried on this machine, or null. */
  readonly notHere?: () => string | null;
  /** Prepares what all its rounds use. */
  readonly prepare: (stage: Stage) => Promise<Prepared>;
}

export interface Prepared {
  /** Tries the fault once. @returns what was wrong, in words; nothing where the service bore it */
  readonly round: (random: Random) => Promise<readonly string[]>;
  /** Figures of all rounds, in one line; empty where there are none. */
  readonly summary?: () => string;
  readonly close?: () => Promise<void>;
}

/** What faults share. */
export interface Stage {
  /** The service that most faults attack, with {@link CROWD} in it. It is started again where it has ended. */
  readonly shared: () => Promise<Service>;
  /** A new DATA_DIR; it is removed at the end unless a fault was found. */
  readonly makeDataDir: () => Promise<string>;
  /** Measures this service from now on, in place of the shared one. */
  readonly watch: (service: Service) => Promise<void>;
}

/** Collects what was wrong in a round. */
export const createFindings = (): {
  readonly found: readonly string[];
  /** Adds `fault` unless `holds`. */
  readonly check: (holds: boolean, fault: string) => void;
  /** Adds the ids that were acknowledged and are not held. */
  readonly checkHeld: (acknowledged: Iterable<string>, held: ReadonlySet<string>) => void;
} => {
  const found: string[] = [];
  const check = (holds: boolean, fault: string): void => {
    if (!holds) found.push(fault);
  };
  return {
    found,
    check,
    checkHeld: (acknowledged, held) => {
      const lost = [...acknowledged].filter((id) => !held.has(id));
      check(lost.length === 0, `acknowledged and lost: ${lost.join(", ")}`);
    },
  };
};
