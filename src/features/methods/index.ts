/** Classification methods from outside: a module or an endpoint. */
export { openMethods } from "./open.ts";
