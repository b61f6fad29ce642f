import { z } from "zod";

const attributeSchema = z.looseObject({
  i: z.coerce.number().optional(),
  b: z.boolean().optional(),
  /** A string, as bytes or base64. */
  s: z.union([z.array(z.number()), z.string()]).optional(),
  type: z.union([z.number(), z.string()]).optional(),
  list: z.looseObject({ i: z.array(z.coerce.number()).optional() }).optional(),
});

const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attributeSchema).default({}),
});

/** `modelTopology` of a TensorFlow graph saved for TF.js. */
export const graphTopology = z.object({ node: z.array(nodeSchema) });

export type GraphTopology = z.infer<typeof graphTopology>;
export type GraphNode = z.infer<typeof nodeSchema>;
