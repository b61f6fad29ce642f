import { describe, expect, test } from "vitest";
import { logMel, MEL_BINS, SAMPLE_RATE, scaleFeatures } from "../../../research/epalm/audio/index.ts";

const tone = (hertz: number, seconds: number, loudness: (time: number) => number = () => 0.5): Float32Array =>
  Float32Array.from({ length: seconds * SAMPLE_RATE }, (_, i) => {
    const time = i / SAMPLE_RATE;
    return loudness(time) * Math.sin(2 * Math.PI * hertz * time);
  });

const mel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);

describe("a log-mel spectrum", () => {
  test("has a frame every 10 ms, of 25 ms", () => {
    expect(logMel(tone(440, 1)).length / MEL_BINS).toBe(98);
    expect(logMel(new Float32Array(399))).toHaveLength(0);
  });

  test.each([300, 1000, 3000, 6000])("of a tone of %i Hz is highest in the bin of its pitch", (hertz) => {
    const frame = logMel(tone(hertz, 0.1)).subarray(0, MEL_BINS);
    const step = (mel(8000) - mel(20)) / (MEL_BINS + 1);
    const expected = (mel(hertz) - mel(20)) / step - 1;
    const highest = frame.indexOf(Math.max(...frame));
    expect(Math.abs(highest - expected)).toBeLessThan(2);
  });

  test("of a frame is that of the plain definition, by a slow Fourier transform", () => {
    const sound = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * i * 0.001) * 0.3 + 0.1);
    const centre = sound.reduce((a, b) => a + b, 0) / 400;
    const shifted = [...sound].map((value) => value - centre);
    const mean = shifted.reduce((a, b) => a + b, 0) / 400;
    const flat = shifted.map((value) => value - mean);
    const windowed = flat.map((value, i) => {
      const hanning = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 399);
      return hanning * (value - 0.97 * (flat[Math.max(0, i - 1)] ?? 0));
    });
    const step = (mel(8000) - mel(20)) / (MEL_BINS + 1);
    const found = logMel(sound);
    for (const filter of [20, 64, 120]) {
      let sum = 0;
      for (let bin = 0; bin < 256; bin++) {
        const at = mel((bin * SAMPLE_RATE) / 512);
        const left = mel(20) + filter * step;
        const weight = Math.max(0, Math.min((at - left) / step, (left + 2 * step - at) / step));
        if (weight === 0) continue;
        let [re, im] = [0, 0];
        windowed.forEach((value, i) => {
          re += value * Math.cos((2 * Math.PI * bin * i) / 512);
          im -= value * Math.sin((2 * Math.PI * bin * i) / 512);
        });
        sum += weight * (re * re + im * im);
      }
      expect(found[filter]).toBeCloseTo(Math.log(Math.max(1.1920928955078125e-7, sum)), 4);
    }
  });
});

test("features of fine scales tell of fast changes, those of coarse ones of slow changes", () => {
  const changeOf = (sound: Float32Array): number[] =>
    scaleFeatures(sound).map((features) => {
      const changes = features.subarray(MEL_BINS);
      return changes.reduce((a, b) => a + b, 0) / MEL_BINS;
    });
  const fast = changeOf(tone(1000, 2, (time) => (Math.floor(time * 50) % 2 === 0 ? 0.5 : 0.01)));
  const slow = changeOf(tone(1000, 2, (time) => (Math.floor(time * 1.5) % 2 === 0 ? 0.5 : 0.01)));
  expect(fast[0]).toBeGreaterThan(slow[0] ?? 0);
  expect(fast[5]).toBeLessThan(slow[5] ?? 0);
});
