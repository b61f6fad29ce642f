/** As AST and Kaldi have it: windows of 25 ms every 10 ms, of sound at 16 kHz. */
const RATE = 16_000;
const WINDOW = 400;
const SHIFT = 160;
const SPECTRUM = 512;
const LOWEST_HZ = 20;
const PREEMPHASIS = 0.97;
export const MEL_BINS = 128;
/** The smallest power that has a logarithm here: Kaldi's, the precision of float32. */
const FLOOR = 1.1920928955078125e-7;
export const SAMPLE_RATE = RATE;

/**
 * The logarithms of mel filter-bank powers, `[frames, 128]`, as Kaldi computes them with a Hanning window, HTK's mel scale
 * and no dither (the front end of AST, Gong et al., arXiv 2104.01778, and of eP-ALM's audio). A sound that is shorter than
 * a window has no frame.
 *
 * @param sound samples in [-1, 1] at {@link SAMPLE_RATE}
 */
export const logMel = (sound: Float32Array): Float32Array => {
  const frames = sound.length < WINDOW ? 0 : 1 + Math.floor((sound.length - WINDOW) / SHIFT);
  const centre = sound.reduce((sum, value) => sum + value, 0) / Math.max(1, sound.length);
  const result = new Float32Array(frames * MEL_BINS);
  const [real, imaginary] = [new Float64Array(SPECTRUM), new Float64Array(SPECTRUM)];
  const power = new Float64Array(SPECTRUM / 2);
  for (let frame = 0; frame < frames; frame++) {
    real.fill(0);
    imaginary.fill(0);
    let mean = 0;
    for (let i = 0; i < WINDOW; i++) {
      real[i] = (sound[frame * SHIFT + i] ?? 0) - centre;
      mean += (real[i] ?? 0) / WINDOW;
    }
    // From the last to the first, for each is changed by the one before it.
    for (let i = WINDOW - 1; i >= 0; i--) {
      const before = (real[Math.max(0, i - 1)] ?? 0) - mean;
      real[i] = (HANNING[i] ?? 0) * ((real[i] ?? 0) - mean - PREEMPHASIS * before);
    }
    transform(real, imaginary);
    for (let bin = 0; bin < power.length; bin++)
      power[bin] = (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2;
    FILTERS.forEach(({ first, weights }, mel) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (power[first + i] ?? 0);
      result[frame * MEL_BINS + mel] = Math.log(Math.max(FLOOR, sum));
    });
  }
  return result;
};

const HANNING = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (WINDOW - 1)),
);

/** HTK's. */
const melOf = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);

/** Triangles on the mel scale, each over the bins of the spectrum that it does not ignore. */
const FILTERS = ((): readonly { readonly first: number; readonly weights: Float64Array }[] => {
  const [low, high] = [melOf(LOWEST_HZ), melOf(RATE / 2)];
  const step = (high - low) / (MEL_BINS + 1);
  return Array.from({ length: MEL_BINS }, (_, filter) => {
    const left = low + filter * step;
    const weights = Float64Array.from({ length: SPECTRUM / 2 }, (__, bin) => {
      const at = melOf((bin * RATE) / SPECTRUM);
      return Math.max(0, Math.min((at - left) / step, (left + 2 * step - at) / step));
    });
    const first = weights.findIndex((weight) => weight > 0);
    const last = weights.findLastIndex((weight) => weight > 0);
    return { first: Math.max(0, first), weights: weights.slice(Math.max(0, first), last + 1) };
  });
})();

/** The fast Fourier transform of Cooley and Tukey, in place; the length is a power of 2. */
const transform = (real: Float64Array, imaginary: Float64Array): void => {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j] ?? 0, real[i] ?? 0];
    [imaginary[i], imaginary[j]] = [imaginary[j] ?? 0, imaginary[i] ?? 0];
  }
  for (let size = 2; size <= n; size *= 2) {
    const angle = (-2 * Math.PI) / size;
    for (let start = 0; start < n; start += size)
      for (let k = 0; k < size / 2; k++) {
        const [cos, sin] = [Math.cos(angle * k), Math.sin(angle * k)];
        const [even, odd] = [start + k, start + k + size / 2];
        const re = (real[odd] ?? 0) * cos - (imaginary[odd] ?? 0) * sin;
        const im = (real[odd] ?? 0) * sin + (imaginary[odd] ?? 0) * cos;
        real[odd] = (real[even] ?? 0) - re;
        imaginary[odd] = (imaginary[even] ?? 0) - im;
        real[even] = (real[even] ?? 0) + re;
        imaginary[even] = (imaginary[even] ?? 0) + im;
      }
  }
};
