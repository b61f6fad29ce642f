import { useEffect } from "preact/hooks";

/** The largest image that is sent; more pixels or bytes than this say nothing further about what is shown. */
const MOST_BYTES = 32 * 1024 * 1024;

/** An image that a person chose: its bytes for a request, and an address to show it by. */
export interface ChosenImage {
  readonly name: string;
  readonly base64: string;
  readonly address: string;
}

/**
 * Reads a file that a person chose, dropped or pasted.
 *
 * @throws Error in words for the person where it is no image, or too large
 */
export const readImage = async (
  file: File,
  encode: (bytes: Uint8Array) => { base64: string },
): Promise<ChosenImage> => {
  if (file.type !== "" && !file.type.startsWith("image/"))
    throw new Error(
      `${file.name} is not an image: its type is ${file.type}. PNG, JPEG, WebP, GIF, AVIF, TIFF and SVG are.`,
    );
  if (file.size > MOST_BYTES)
    throw new Error(
      `${file.name} has ${Math.round(file.size / 1024 / 1024)} MiB; at most 32 MiB are sent. Make it smaller.`,
    );
  if (file.size === 0) throw new Error(`${file.name} is empty.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, base64: encode(bytes).base64, address: URL.createObjectURL(file) };
};

/** Takes the files that are pasted or dropped anywhere while a component is shown. */
export const useGivenFiles = (take: (files: FileList | undefined) => Promise<void>): void =>
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => void take(event.clipboardData?.files);
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      void take(event.dataTransfer?.files);
    };
    addEventListener("paste", paste);
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("paste", paste);
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
