import type { ScorerSpecOf } from "../api/scorers.ts";
import { invalidField, type FieldPath } from "../../../errors.ts";
import type { Classifier } from "../classifiers/index.ts";
import type { Means } from "../plug.ts";
import { labelKey, type Scene } from "../scene/index.ts";
import { classesIn, isProbeable, probeClasses } from "../scorers/index.ts";

/** @throws AnchorageError `unprocessable` where the field has too few classes, `invalid-input` for an unknown target */
export const checkProbe = (scene: Scene, { field, target }: ScorerSpecOf<"probe">, path: FieldPath): void => {
  const { names } = probeClasses(scene, field);
  if (!isProbeable(names.size)) {
    const message = `names what has ${classesIn(names.size, field)}`;
    throw invalidField([...path, "field"], message, "unprocessable");
  }
  checkTarget(scene, "image", target, (key) => names.has(key), path);
};

/** @throws AnchorageError `invalid-input` where the classifier takes other vectors, or does not know the target */
export const classifierOf = async (
  { classifier: id, target }: ScorerSpecOf<"onnx">,
  { scene, classifiers }: Means,
  path: FieldPath,
): Promise<Classifier> => {
  const classifier = await classifiers.open(id, [...path, "classifier"]);
  const { modality, dimension, classes } = classifier;
  const own = scene.view.dimension(modality);
  if (dimension !== own)
    throw invalidField(
      [...path, "classifier"],
      `takes ${modality} vectors of ${dimension} numbers; this collection's have ${own}`,
    );
  const known = new Set(classes.map(labelKey));
  checkTarget(scene, modality, target, (key) => known.has(key), path);
  return classifier;
};

const checkTarget = (
  { condition }: Scene,
  modality: "image" | "text",
  target: string | undefined,
  isKnown: (key: string) => boolean,
  path: FieldPath,
): void => {
  if (target === undefined && condition[modality].length === 0)
    throw invalidField(path, `needs condition.${modality} where no target is given`);
  if (target !== undefined && !isKnown(labelKey(target)))
    throw invalidField([...path, "target"], "is none of the classes");
};
