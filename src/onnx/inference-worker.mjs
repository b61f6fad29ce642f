// Plain JavaScript: compiling TypeScript would add 0.4 s to each model load in a source checkout.
import { InferenceSession, Tensor } from "onnxruntime-node";

export const open = async ({ file, threads }, { move }) => {
  // Suppress warnings: they concern how a third-party model was exported. Failures are still thrown.
  const session = await InferenceSession.create(file, { ...threads, logSeverityLevel: 4 });
  return {
    names: () => ({ inputNames: session.inputNames, outputNames: session.outputNames }),
    run: async ({ feeds, outputs }) => {
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new Tensor(type, data, dims),
      ]);
      const given = await session.run(Object.fromEntries(tensors), outputs);
      const value = outputs.map((name) => {
        const { type, data, dims } = given[name];
        return { type, data, dims };
      });
      // Only numeric data is transferred; other data, such as strings, is copied.
      const buffers = value.filter(({ data }) => ArrayBuffer.isView(data)).map(({ data }) => data.buffer);
      return move(value, [...new Set(buffers)]);
    },
    close: () => session.release(),
  };
};
