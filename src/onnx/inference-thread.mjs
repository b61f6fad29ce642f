// Plain JavaScript: a worker thread starts without the loader that reads TypeScript.
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";

// A foreign export warns of what it cannot help, and what fails is thrown.
const session = await InferenceSession.create(workerData, { logSeverityLevel: 4 });

const run = async ({ feeds, outputs }) => {
  const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    new Tensor(type, data, dims),
  ]);
  const given = await session.run(Object.fromEntries(tensors), outputs);
  return outputs.map((name) => {
    const { type, data, dims } = given[name];
    return { type, data, dims };
  });
};

const answer = async (message) => {
  if (message === "close") {
    await session.release();
    parentPort.close();
    return;
  }
  try {
    const value = await run(message);
    // What is not numbers, such as strings, is copied.
    const buffers = value.filter(({ data }) => ArrayBuffer.isView(data)).map(({ data }) => data.buffer);
    parentPort.postMessage({ value }, [...new Set(buffers)]);
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
};

let last = Promise.resolve();
parentPort.on("message", (message) => {
  last = last.then(() => answer(message));
});

parentPort.postMessage({ inputNames: session.inputNames, outputNames: session.outputNames });
