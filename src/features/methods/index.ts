/** Custom classification methods: a module or an endpoint. */
export { openMethods } from "./open.ts";
