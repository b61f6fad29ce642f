import type { Filter } from "../../../api/filter.ts";
import type { GeneratorSpec, LanguageModels, ScorerSpec, TaskName } from "../catalogue/index.ts";
import type { Classifiers } from "../classifiers/index.ts";
import type { Remotes } from "../remote/index.ts";
import type { Proposal, Payload, Ranked, RoundTrace, Run, ScorerCost } from "../index.ts";
import type { Agreement, Aggregation, Calibration } from "../../../math/ensemble/index.ts";
import type { Answer, Input, QuerySettings } from "../../../collections/types.ts";

/** What proposals are about. */
export interface ConditionInput {
  readonly image?: Input;
  /** Frames of one thing; what is said of them is averaged. */
  readonly images?: readonly Input[];
  readonly text?: Input;
  /** Holds `{}` once, where a proposed text goes before it is embedded. */
  readonly template?: string;
}

/** What is said of how a consensus is found, whatever it is about. */
export interface ConsensusAsk extends QuerySettings {
  readonly condition: ConditionInput;
  readonly scorers?: readonly ScorerSpec[];
  readonly aggregation?: Aggregation;
  /** Restricts the anchors that serve as memory. */
  readonly filter?: Filter;
  readonly rank?: number;
}

export interface ConsensusRequest extends ConsensusAsk {
  /** What is taken for generators and scorers that are not given. */
  readonly task?: TaskName;
  /** Of tasks that choose among the values of a metadata field. */
  readonly field?: string;
  readonly generators?: readonly GeneratorSpec[];
  readonly rounds?: number;
  readonly proposals?: number;
  readonly beam?: number;
  readonly temperature?: number;
  readonly epsilon?: number;
  readonly patience?: number;
  readonly stopWhenUnanimous?: boolean;
  readonly quorum?: number;
  readonly abstain?: { readonly margin?: number; readonly agreement?: number };
  readonly budget?: { readonly scores?: number; readonly ms?: number };
  readonly seed?: number;
  /** Whether the answer holds all that was proposed and said. */
  readonly trace?: boolean;
}

export interface ConsensusScoreRequest extends ConsensusAsk {
  readonly proposals: readonly Payload[];
  readonly scorers: readonly ScorerSpec[];
}

/** What the operator allows and has put beside collections: endpoints of others, classifiers, language models. */
export interface ConsensusResources {
  readonly remotes: Remotes;
  readonly classifiers: Classifiers;
  readonly decoders: LanguageModels;
}

export interface RunContext {
  readonly signal: AbortSignal;
  readonly onRound?: (round: RoundTrace) => void;
}

export type ShownProposal = Payload & Pick<Proposal, "id" | "generator" | "round" | "parents">;

export type ShownRanked = ShownProposal & {
  readonly value: number | null;
  readonly scores: Readonly<Record<string, number | null>>;
} & Pick<Ranked, "multiplicity" | "judged">;

export interface ConsensusAnswer extends Answer {
  readonly winner: ShownRanked | null;
  readonly abstained: boolean;
  readonly stopped: Run["stopped"];
  readonly rounds: number;
  readonly proposals: number;
  readonly vetoed: number;
  readonly top: readonly ShownRanked[];
  readonly agreement: Agreement | null;
  /** What each scorer would have chosen alone. */
  readonly alone: readonly { readonly scorer: string; readonly proposal: ShownProposal | null }[];
  readonly weights: Readonly<Record<string, number>>;
  readonly failures: RoundTrace["failures"];
  readonly costs: readonly ScorerCost[];
  readonly seed: number;
  readonly trace?: {
    readonly rounds: readonly RoundTrace[];
    readonly backgrounds: Run["backgrounds"];
    readonly calibrations: readonly Calibration[];
    readonly aggregation: Aggregation;
    readonly weights: readonly number[];
  };
}

export interface ConsensusScoreAnswer extends Answer {
  /** Equal ones are one. */
  readonly proposals: readonly (Payload & { readonly id: string })[];
  readonly scorers: readonly {
    readonly name: string;
    readonly weight: number;
    /** One a proposal; null where it cannot judge. */
    readonly raw: readonly (number | null)[];
    readonly calibrated: readonly (number | null)[];
  }[];
  /** Combined; null of what is vetoed or nobody judges. */
  readonly values: readonly (number | null)[];
  readonly vetoes: RoundTrace["vetoes"];
  readonly failures: RoundTrace["failures"];
}
