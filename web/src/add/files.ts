import type { Chosen } from "./plan.ts";

/** Files of an input element, with their places in the folder that was chosen. */
export const filesOfInput = (files: FileList | null): readonly Chosen[] =>
  [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Files and folders that were dropped, folders with everything in them. */
export const filesOfDrop = async (transfer: DataTransfer): Promise<readonly Chosen[]> => {
  // The entries must be taken before anything is awaited: the browser empties the list then.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return (await Promise.all(entries.map((entry) => filesOfEntry(entry)))).flat();
};

const filesOfEntry = async (entry: FileSystemEntry): Promise<readonly Chosen[]> => {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const found: Chosen[] = [];
  for (;;) {
    // A reader gives some hundred entries at a time, and none at its end.
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const each of some) found.push(...(await filesOfEntry(each)));
  }
};

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
