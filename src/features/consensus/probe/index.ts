/** A small linear classifier over vectors, fitted in closed form. */
export { fitProbe, predict, type Probe } from "./fit.ts";
