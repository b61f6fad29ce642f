import { useEffect, useRef, useState } from "preact/hooks";

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "Go to the search, or to the classes"],
  ["← → ↑ ↓", "Move among pictures"],
  ["Space", "Choose the picture"],
  ["x", "Take the anchor away, or put it back"],
  ["?", "Show this list"],
];

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

/** `/` and `?` from anywhere, and the arrow keys among pictures. */
export const useShortcuts = (): { readonly shown: boolean; readonly hide: () => void } => {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key === "?") setShown(true);
      else if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLElement>("[data-search]")?.focus();
      } else if (event.key.startsWith("Arrow")) moveAmongPictures(event);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return { shown, hide: () => setShown(false) };
};

/** Left and right follow the order, up and down the picture that is nearest in that row. */
const moveAmongPictures = (event: KeyboardEvent): void => {
  const from = document.activeElement;
  const grid = from?.closest("[data-grid]");
  if (!(from instanceof HTMLElement) || grid === null || grid === undefined) return;
  const items = [...grid.querySelectorAll<HTMLElement>("[data-item]")];
  const at = items.findIndex((item) => item === from || item.contains(from));
  const step = stepOf(event.key, items);
  const next = items[at + step];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
};

const stepOf = (key: string, items: readonly HTMLElement[]): number => {
  const top = items[0]?.offsetTop;
  const columns = Math.max(1, items.filter(({ offsetTop }) => offsetTop === top).length);
  if (key === "ArrowLeft") return -1;
  if (key === "ArrowRight") return 1;
  return key === "ArrowUp" ? -columns : columns;
};

export const ShortcutList = ({ onClose }: { readonly onClose: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <table>
        <tbody>
          {KEYS.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </dialog>
  );
};
