/** Training of an adapter alone, on a decoder that stays as it is. */
export { authorsRate, warmUpCosine, type AuthorsSchedule } from "./schedule.ts";
