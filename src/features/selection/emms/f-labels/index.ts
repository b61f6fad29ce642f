/** F-labels: labels of any form as what K text encoders make of them. */
export { embedLabels, type EmbedTexts } from "./embed-labels.ts";
export { classNameOf, textsOf, type Label } from "./label.ts";
export { positionWords, type Box } from "./position-words.ts";
export { projectLabels, type Projection, type ProjectionKind } from "./project.ts";
