import { signal } from "@preact/signals";

type Theme = "light" | "dark";
const KEY = "anchorage-theme";

const preferred = (): Theme => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const stored = (): Theme | null => {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
};

export const theme = signal<Theme>("light");

/** Shows the theme that the person chose before, else the system's. */
export const applyTheme = (): void => {
  theme.value = stored() ?? preferred();
  document.documentElement.dataset.theme = theme.value;
};

export const changeTheme = (): void => {
  localStorage.setItem(KEY, theme.value === "dark" ? "light" : "dark");
  applyTheme();
};
