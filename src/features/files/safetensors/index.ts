/** Reads and writes safetensors files. */
export {
  readSafetensors,
  readSafetensorsHeader,
  safetensorsHeader,
  writeSafetensors,
  type TensorPlace,
} from "./format.ts";
