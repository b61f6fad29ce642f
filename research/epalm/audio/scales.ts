import { logMel, MEL_BINS } from "./log-mel.ts";

/** How many time scales a sound is told by, the finest first; each is twice as coarse as the one before. */
export const SCALES = 6;
/** Of a scale: the mean spectrum, and how much it changes from one stretch of that length to the next. */
export const SCALE_DIMENSION = 2 * MEL_BINS;

/**
 * What stands in for the layers of an audio encoder where there is none: of the log-mel spectrum, over stretches of 1, 2,
 * 4 … 32 frames (10 ms each), the mean and the mean absolute change from stretch to stretch, mel bin by mel bin.
 *
 * @returns of each scale `[256]`
 */
export const scaleFeatures = (sound: Float32Array): Float32Array[] => {
  const spectrum = logMel(sound);
  const frames = spectrum.length / MEL_BINS;
  return Array.from({ length: SCALES }, (_, scale) => {
    const length = 2 ** scale;
    const stretches = Math.max(1, Math.floor(frames / length));
    const result = new Float32Array(SCALE_DIMENSION);
    for (let mel = 0; mel < MEL_BINS; mel++) {
      let [sum, change, before] = [0, 0, 0];
      for (let stretch = 0; stretch < stretches; stretch++) {
        let own = 0;
        for (let frame = 0; frame < length; frame++)
          own += (spectrum[(stretch * length + frame) * MEL_BINS + mel] ?? 0) / length;
        sum += own;
        if (stretch > 0) change += Math.abs(own - before);
        before = own;
      }
      result[mel] = sum / stretches;
      result[MEL_BINS + mel] = change / Math.max(1, stretches - 1);
    }
    return result;
  });
};
