import { SAMPLE_RATE } from "../audio/index.ts";
import { normal, type Random } from "../../../src/math/random.ts";

/** Seconds. */
const LENGTH = 1.5;

/** A sound at a time in seconds, in [-1, 1] or so. */
type Voice = (time: number) => number;

const wave = (hertz: number, time: number): number => Math.sin(2 * Math.PI * hertz * time);

/** Caricatures of sounds by things that have an emoji; each draw differs in pitch, pace and timbre. */
const VOICES: Readonly<Record<string, (random: Random) => Voice>> = {
  bell: (random) => {
    const pitch = 500 + 700 * random.next();
    return (t) =>
      Math.exp(-4 * (t % 0.75)) * (wave(pitch, t) + 0.6 * wave(2.76 * pitch, t) + 0.4 * wave(5.4 * pitch, t));
  },
  drum: (random) => {
    const [pitch, pace] = [60 + 60 * random.next(), 0.25 + 0.25 * random.next()];
    return (t) => Math.exp(-18 * (t % pace)) * (wave(pitch, t) + 0.5 * normal(random));
  },
  siren: (random) => {
    const [pitch, pace] = [600 + 300 * random.next(), 0.7 + 0.6 * random.next()];
    return (t) =>
      Math.sin(2 * Math.PI * pitch * t + ((250 * Math.PI) / pace) * Math.sin(2 * Math.PI * pace * t));
  },
  trumpet: (random) => {
    const pitch = 220 + 260 * random.next();
    return (t) => [1, 2, 3, 4, 5, 6, 7].reduce((sum, n) => sum + wave(n * pitch, t) / n, 0);
  },
  honeybee: (random) => {
    const [pitch, pace] = [170 + 80 * random.next(), 8 + 8 * random.next()];
    return (t) => (1 + 0.5 * wave(pace, t)) * (2 * ((t * pitch) % 1) - 1);
  },
  "wind face": (random) => {
    let held = 0;
    const pace = 0.4 + 0.6 * random.next();
    return (t) => {
      held = 0.97 * held + 0.25 * normal(random);
      return held * (0.6 + 0.4 * wave(pace, t));
    };
  },
  stopwatch: (random) => {
    const [pace, pitch] = [0.2 + 0.15 * random.next(), 2500 + 1500 * random.next()];
    return (t) => (t % pace < 0.012 ? wave(pitch, t) : 0);
  },
  bird: (random) => {
    const [pitch, pace] = [2500 + 1500 * random.next(), 0.18 + 0.12 * random.next()];
    return (t) => {
      const at = (t % pace) / pace;
      return at < 0.6 ? wave(pitch + 1500 * at, t % pace) : 0;
    };
  },
};

/** What sounds there are, by the names of their emoji. */
export const SOUND_NAMES: readonly string[] = Object.keys(VOICES);

/** A sound of one kind, at another pitch and pace each time, in some noise. */
export const drawSound = (name: string, random: Random): Float32Array => {
  const voice = VOICES[name]?.(random);
  if (voice === undefined) throw new RangeError(`there is no sound of "${name}"`);
  const [loudness, noise] = [0.1 + 0.3 * random.next(), 0.002 + 0.01 * random.next()];
  return Float32Array.from({ length: LENGTH * SAMPLE_RATE }, (_, i) =>
    Math.max(-1, Math.min(1, loudness * voice(i / SAMPLE_RATE) + noise * normal(random))),
  );
};
