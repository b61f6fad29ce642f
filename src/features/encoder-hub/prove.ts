import {
  openImageSession,
  openTextSession,
  readHuggingFaceFolder,
  type EncoderManifest,
  type EncoderSession,
} from "../../encoders/index.ts";

const PICTURE = new TextEncoder().encode(
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="24" cy="32" r="20" fill="#c33"/></svg>',
);
const TEXT = "a red disc on white";

/** Opens a folder as an encoder and encodes a sample. @throws AnchorageError that says why it cannot. */
export const proveEncoder = async (directory: string, id: string): Promise<EncoderManifest> => {
  const manifest = await readHuggingFaceFolder(directory, id);
  if (manifest.modality === "image")
    await tried(await openImageSession(directory, manifest), PICTURE, manifest);
  else await tried(await openTextSession(directory, manifest), TEXT, manifest);
  return manifest;
};

const tried = async <T>(session: EncoderSession<T>, input: T, manifest: EncoderManifest): Promise<void> => {
  try {
    await session.encode([input], [manifest]);
  } finally {
    await session.close();
  }
};
