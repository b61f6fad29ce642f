import type { z } from "@hono/zod-openapi";
import type { FieldPath } from "../../errors.ts";
import type { DecoderModel } from "../epalm/index.ts";
import type { generatorCommon } from "./api/generators.ts";
import type { scorerCommon } from "./api/scorers.ts";
import type { Classifiers } from "./classifiers/index.ts";
import type { Remotes } from "./remote/index.ts";
import type { Scene } from "./scene/index.ts";
import type { Generator, Payload, PayloadKind, Scorer } from "./types.ts";

/** The language models there are, by the names of their folders. */
export interface LanguageModels {
  /** @throws AnchorageError `not-found` where there is none of this id, `unprocessable` where it cannot be used */
  readonly get: (id: string) => Promise<DecoderModel>;
}

/** What the operator allows and has put beside collections: endpoints of others, classifiers, language models. */
export interface Resources {
  readonly remotes: Remotes;
  readonly classifiers: Classifiers;
  readonly decoders: LanguageModels;
}

/** The parts of one run that scorers and generators use. */
export interface Means extends Resources {
  readonly scene: Scene;
  /** The condition as it was sent, for endpoints of others. */
  readonly shownCondition: unknown;
}

/** The public description of a scorer or generator. */
export interface Capability {
  readonly description: string;
  readonly kinds: readonly PayloadKind[];
  /** What the condition must have: an image, a text, one of both, or nothing. */
  readonly needs: "image" | "text" | "either" | "nothing";
  /**
   * What most of its time goes to: `arithmetic` (microseconds a proposal), `vectors` (inner products), `retrieval` (one search
   * a proposal, all in one batch), `network` (a language model, token by token), `remote` (someone else's endpoint).
   */
  readonly cost: "arithmetic" | "vectors" | "retrieval" | "network" | "remote";
}

/** What a request says of any scorer. Further parameters are in the specs of the plug of this name. */
export type ScorerSpec = z.output<z.ZodObject<{ name: z.ZodString } & typeof scorerCommon>>;
/** What a request says of any generator. Further parameters are in the specs of the plug of this name. */
export type GeneratorSpec = z.output<z.ZodObject<{ name: z.ZodString } & typeof generatorCommon>>;

/**
 * A kind of scorer. Its functions are methods, so that entries of different specs go into one table; each is only called
 * with specs that its own schema has parsed.
 */
export interface ScorerEntry<Spec extends ScorerSpec = ScorerSpec> extends Capability {
  /** Whether it needs the vectors of proposed texts. */
  readonly embeds: boolean;
  /** What it is calibrated by: scores of 256 anchors, or of the proposals. */
  readonly background: boolean;
  /** What a request may say of it, `name` and {@link scorerCommon} included. */
  readonly schema: z.ZodObject & z.ZodType<Spec>;
  /**
   * @param path of the scorer in the request
   * @throws AnchorageError `invalid-input` or `unprocessable` that names the field where it cannot be made
   */
  make(spec: Spec, means: Means, path: FieldPath): Scorer | Promise<Scorer>;
  /** Whether it needs vectors of proposed texts with these parameters; absent: as `embeds` says. */
  embedsWith?(spec: Spec): boolean;
  /** The metadata field that some anchor must have; absent: it needs none. */
  fieldOf?(spec: Spec): string;
}

/** A kind of generator; see {@link ScorerEntry}. */
export interface GeneratorEntry<Spec extends GeneratorSpec = GeneratorSpec> extends Capability {
  readonly schema: z.ZodObject & z.ZodType<Spec>;
  make(spec: Spec, means: Means, path: FieldPath): Generator | Promise<Generator>;
  /** Proposals of the request itself, which are checked before the run. */
  proposalsOf?(spec: Spec): readonly Payload[];
  fieldOf?(spec: Spec): string;
}

/**
 * A scorer that a feature adds to those of consensus.
 *
 * @example
 * ```ts
 * const schema = z.strictObject({ name: z.literal("brevity"), ...scorerCommon });
 * const brevity: ScorerPlug<z.output<typeof schema>> = {
 *   name: "brevity",
 *   description: "Shorter texts score higher.",
 *   kinds: ["text"],
 *   needs: "nothing",
 *   cost: "arithmetic",
 *   embeds: false,
 *   background: false,
 *   schema,
 *   make: (spec) => ({
 *     ...settled(spec, { name: "brevity" }),
 *     kinds: ["text"],
 *     score: (proposals) =>
 *       Promise.resolve({
 *         scores: Float64Array.from(proposals, ({ payload }) =>
 *           payload.kind === "text" ? -payload.text.length : Number.NaN,
 *         ),
 *       }),
 *   }),
 * };
 * ```
 */
export interface ScorerPlug<Spec extends ScorerSpec = ScorerSpec> extends ScorerEntry<Spec> {
  readonly name: Spec["name"];
}

/** A generator that a feature adds to those of consensus; see {@link ScorerPlug}. */
export interface GeneratorPlug<Spec extends GeneratorSpec = GeneratorSpec> extends GeneratorEntry<Spec> {
  readonly name: Spec["name"];
}
