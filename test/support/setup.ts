import fc from "fast-check";

// A change is judged by what it changes, not by the day's draw; FAST_CHECK_SEED looks further.
const { FAST_CHECK_SEED } = process.env;
fc.configureGlobal({ seed: FAST_CHECK_SEED === undefined ? 20_240_601 : Number(FAST_CHECK_SEED) });
