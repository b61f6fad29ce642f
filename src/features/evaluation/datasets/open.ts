import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { AnchorageError } from "../../../errors.ts";
import { cifarFile, readCifar } from "./cifar.ts";
import { readClassFolders } from "./class-folders.ts";
import { readClassNames } from "./class-names.ts";
import { isPets, readPets } from "./pets.ts";
import type { FoundImages, LabelledImages } from "./types.ts";

/**
 * Lists the images of a labelled data set in one of three layouts: CIFAR-100's binary version, Oxford-IIIT Pets, or
 * one folder per class (ImageNet, EuroSAT and most others).
 *
 * @param classNames a file, see {@link readClassNames}; default: one beside the images, otherwise the layout's own
 * names
 * @throws AnchorageError `invalid-input` if it does not exist, or has images of fewer than two classes.
 */
export const openDataset = async (path: string, classNames?: string): Promise<LabelledImages> => {
  if (!existsSync(path)) throw new AnchorageError("invalid-input", `${path} does not exist`);
  const found = await readLayout(path);
  const namedBy = classNames ?? found.namedBy;
  const named = namedBy === undefined ? found.classes : await readClassNames(namedBy, found.classes);
  const shown = new Set(found.images.map(({ truth }) => truth));
  if (shown.size < 2) {
    throw new AnchorageError(
      "invalid-input",
      `${path} has images of ${shown.size} classes; at least two are needed, such as two folders with images in each.`,
    );
  }
  const layout = namedBy === undefined ? found.layout : `${found.layout}, classes named by ${namedBy}`;
  return { layout, classes: named, images: found.images, rejects: found.rejects };
};

const readLayout = async (path: string): Promise<FoundImages> => {
  const cifar = cifarFile(path);
  if (cifar !== undefined) return readCifar(cifar);
  if (!(await stat(path)).isDirectory())
    throw new AnchorageError("invalid-input", `${path} is neither a folder nor a CIFAR-100 .bin file`);
  return isPets(path) ? readPets(path) : readClassFolders(path);
};
