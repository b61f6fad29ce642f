import { catalogueEntry, type Catalogue } from "../catalogue/index.ts";
import { CONSENSUS_DEFAULTS, MOST_PROPOSALS_OF_RUN } from "../defaults.ts";
import type { Payload, ConsensusPlan } from "../index.ts";
import type { GeneratorSpec, Means, ScorerSpec } from "../plug.ts";
import { TASKS } from "../tasks.ts";
import { labelsAt, type Scene } from "../scene/index.ts";
import { invalidField, type FieldPath } from "../../../errors.ts";
import type { EncoderRecord } from "../../../store/index.ts";
import { readVector, type Encodable, type Encoding } from "../../../collections/encoding.ts";
import type { Queried } from "../../../collections/question.ts";
import { picturesOf } from "./scene.ts";
import type { RequestedCondition, ConsensusRequest } from "./types.ts";

/** The generators and scorers of a request, or the task's defaults. */
export const partsOf = (
  request: Pick<ConsensusRequest, "task" | "field" | "generators" | "scorers" | "condition">,
): {
  readonly generators: readonly GeneratorSpec[];
  readonly scorers: readonly ScorerSpec[];
  readonly template: string | undefined;
} => {
  const { task, field, condition } = request;
  const preset = task === undefined ? undefined : TASKS[task];
  if (preset !== undefined) {
    if (preset.needs.includes("image") && picturesOf(condition).length === 0)
      throw invalidField(["condition", "image"], `is required: the task "${task}" is about an image`);
    if (preset.needs.includes("text") && condition.text === undefined)
      throw invalidField(["condition", "text"], `is required by the task "${task}"`);
    if (preset.needs.includes("field") && field === undefined)
      throw invalidField(
        ["field"],
        `is required by the task "${task}": the metadata field to choose a value of`,
      );
  }
  const generators = request.generators ?? preset?.generators(field ?? "");
  const scorers = request.scorers ?? preset?.scorers(field ?? "");
  if (generators === undefined) throw invalidField(["generators"], "is required where no task is named");
  if (scorers === undefined) throw invalidField(["scorers"], "is required where no task is named");
  const asked = condition.text !== undefined && "text" in condition.text ? condition.text.text : undefined;
  const own = preset === undefined || asked === undefined ? undefined : preset.template(asked);
  return { generators, scorers, template: condition.template ?? own };
};

/** @throws AnchorageError `invalid-input` where a scorer cannot judge about such a condition, or a name is not its own */
export const checkParts = (
  catalogue: Catalogue,
  condition: RequestedCondition,
  generators: readonly GeneratorSpec[],
  scorers: readonly ScorerSpec[],
): void => {
  const given = { image: picturesOf(condition).length > 0, text: condition.text !== undefined };
  const check = (path: FieldPath, name: string, needs: "image" | "text" | "either" | "nothing"): void => {
    if ((needs === "image" || needs === "text") && !given[needs])
      throw invalidField(path, `"${name}" needs condition.${needs}, which is not given`);
    if (needs === "either" && !given.image && !given.text)
      throw invalidField(path, `"${name}" needs condition.image or condition.text, and neither is given`);
  };
  generators.forEach(({ name }, i) =>
    check(["generators", i], name, catalogueEntry(catalogue.generators, name).needs),
  );
  const names = new Set<string>();
  scorers.forEach(({ name, as = name }, i) => {
    check(["scorers", i], name, catalogueEntry(catalogue.scorers, name).needs);
    if (names.has(as))
      throw invalidField(["scorers", i, "as"], `must be given: another scorer is called "${as}"`);
    names.add(as);
  });
  if (scorers.every(({ weight = 1 }) => weight === 0))
    throw invalidField(["scorers"], "must not all have the weight 0");
};

/**
 * What the request itself proposes can be read: anchors are there, vectors fit, and texts can be embedded where a scorer
 * needs that.
 */
export const checkPayloads = async (
  { scorers: table }: Catalogue,
  { record, view }: Queried,
  payloads: readonly Payload[],
  path: FieldPath,
  scorers: readonly ScorerSpec[],
  template: string | undefined,
  encoding: Encoding,
): Promise<void> => {
  const encoderOf = (modality: "image" | "text"): EncoderRecord =>
    modality === "image" ? record.imageEncoder : record.textEncoder;
  const texts: Encodable<string>[] = [];
  payloads.forEach((payload, i) => {
    const at = [...path, i];
    if (payload.kind === "anchor" && view.slotOf(payload.anchor) === undefined)
      throw invalidField([...at, "anchor"], `there is no anchor "${payload.anchor}" in this collection`);
    if (payload.kind === "vector")
      readVector(payload.vector, encoderOf(payload.modality).dimension, [...at, "vector"]);
    if (payload.kind === "text")
      texts.push({ value: (template ?? "{}").replaceAll("{}", () => payload.text), path: [...at, "text"] });
  });
  const embeds = (spec: ScorerSpec): boolean => {
    const entry = catalogueEntry(table, spec.name);
    return entry.embedsWith?.(spec) ?? entry.embeds;
  };
  if (scorers.some(embeds)) await encoding.texts(record.textEncoder, texts);
};

/** The plan of a run; see {@link CONSENSUS_DEFAULTS}. */
export const createPlan = async (
  catalogue: Catalogue,
  request: ConsensusRequest,
  generators: readonly GeneratorSpec[],
  scorers: readonly ScorerSpec[],
  means: Means,
): Promise<ConsensusPlan> => {
  const { budget, ...usual } = CONSENSUS_DEFAULTS;
  checkFields(catalogue, request, generators, scorers, means.scene);
  const made = await Promise.all(
    scorers.map(async (spec, i) =>
      catalogueEntry(catalogue.scorers, spec.name).make(spec, means, ["scorers", i]),
    ),
  );
  return {
    generators: await Promise.all(
      generators.map(async (spec, i) =>
        catalogueEntry(catalogue.generators, spec.name).make(spec, means, ["generators", i]),
      ),
    ),
    scorers: made,
    weights: scorers.map(({ weight = 1 }) => weight),
    aggregation: request.aggregation ?? { kind: "mean" },
    proposals: request.proposals ?? usual.proposals,
    beam: request.beam ?? usual.beam,
    temperature: request.temperature ?? usual.temperature,
    rounds: request.rounds ?? usual.rounds,
    epsilon: request.epsilon ?? usual.epsilon,
    patience: request.patience ?? usual.patience,
    stopWhenUnanimous: request.stopWhenUnanimous ?? usual.stopWhenUnanimous,
    quorum: request.quorum ?? usual.quorum,
    abstain: request.abstain ?? {},
    seed: request.seed ?? usual.seed,
    scoreBudget: Math.min(request.budget?.scores ?? budget.scores, MOST_PROPOSALS_OF_RUN * made.length),
    timeBudgetMs: request.budget?.ms ?? budget.ms,
  };
};

/** A field that no anchor has is a slip, for nothing would be proposed or judged by it. */
const checkFields = (
  catalogue: Catalogue,
  request: ConsensusRequest,
  generators: readonly GeneratorSpec[],
  scorers: readonly ScorerSpec[],
  scene: Scene,
): void => {
  const slots = scene.slots();
  const known = new Map<string, boolean>();
  const isKnown = (field: string): boolean => {
    const found = known.get(field) ?? slots.some((slot) => labelsAt(scene, slot, field).length > 0);
    known.set(field, found);
    return found;
  };
  const check = (kind: "generators" | "scorers", fields: readonly (string | undefined)[]): void => {
    fields.forEach((field, i) => {
      if (field === undefined || slots.length === 0 || isKnown(field)) return;
      const path = request[kind] === undefined ? ["field"] : [kind, i, "field"];
      throw invalidField(path, `no anchor has a "${field}" that names something`, "unprocessable");
    });
  };
  check(
    "generators",
    generators.map((spec) => catalogueEntry(catalogue.generators, spec.name).fieldOf?.(spec)),
  );
  check(
    "scorers",
    scorers.map((spec) => catalogueEntry(catalogue.scorers, spec.name).fieldOf?.(spec)),
  );
};
