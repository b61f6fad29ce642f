import { signal } from "@preact/signals";
import { readSection, type Section } from "./sections.ts";

/** Where the page is: the address holds all of it, so that a link can be sent. */
export interface Route {
  readonly section: Section;
  readonly params: URLSearchParams;
}

/**
 * Reads the part of an address after `#`, such as `#anchors?c=emoji&words=red+fox`. The fragment never leaves the
 * browser, so that filters and class names are in no log.
 */
export const parseRoute = (fragment: string): Route => {
  const [name = "", query = ""] = fragment.replace(/^#\/?/, "").split("?", 2);
  return { section: readSection(name), params: new URLSearchParams(query) };
};

/** The address of a route; parameters that are empty or absent are left out. */
export const formatRoute = (
  section: Section,
  params: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string => {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params))
    for (const one of typeof value === "string" ? [value] : (value ?? []))
      if (one !== "") query.append(key, one);
  const text = query.toString();
  return `#${section}${text === "" ? "" : `?${text}`}`;
};

export const route = signal<Route>(parseRoute(""));

/** Keeps {@link route} in step with the address, and returns what stops that. */
export const followAddress = (): (() => void) => {
  const read = (): void => {
    route.value = parseRoute(location.hash);
  };
  read();
  addEventListener("hashchange", read);
  addEventListener("popstate", read);
  return () => {
    removeEventListener("hashchange", read);
    removeEventListener("popstate", read);
  };
};

/** Goes to an address; `replace` writes no entry into the history, for what changes while a person types. */
export const navigate = (address: string, { replace = false } = {}): void => {
  if (location.hash === address) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  route.value = parseRoute(address);
};
