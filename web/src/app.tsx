import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Ask } from "./ask/ask.tsx";
import { count } from "./format.ts";
import { KeyForm } from "./key-form.tsx";
import { formatRoute, navigate, route } from "./route.ts";
import { SECTIONS, sectionsOf, type Section } from "./sections.ts";
import { answering, collections, current, epoch, jobs, keyWanted } from "./service.ts";
import { changeTheme, theme } from "./theme.ts";
import { ShortcutList, useShortcuts } from "./ui/shortcuts.tsx";

type Screen = ComponentType<Record<string, never>>;
type LaterSection = Exclude<Section, "ask">;

/** All screens but the first are loaded when they are first shown. */
const LATER: Readonly<Record<LaterSection, () => Promise<Screen>>> = {
  anchors: async () => (await import("./anchors/screen.tsx")).Anchors,
  add: async () => (await import("./add/screen.tsx")).Add,
  forget: async () => (await import("./forget/screen.tsx")).Forget,
  map: async () => (await import("./map/screen.tsx")).MapScreen,
  health: async () => (await import("./health/screen.tsx")).Health,
  quality: async () => (await import("./quality/screen.tsx")).Quality,
  encoders: async () => (await import("./encoders/screen.tsx")).EncodersScreen,
  consensus: async () => (await import("./consensus/screen.tsx")).Consensus,
  service: async () => (await import("./service/screen.tsx")).ServiceScreen,
};

export const App = () => {
  const { section } = route.value;
  const shortcuts = useShortcuts();
  useEffect(() => {
    document.title = section === "ask" ? "Anchorage" : `${SECTIONS[section].title} · Anchorage`;
  }, [section]);
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <Rail section={section} />
      <div class="page">
        <TopBar />
        {!answering.value && (
          <p class="notice" role="status">
            The service does not answer. Nothing is lost; this page goes on when it is back.{" "}
            <button class="link" type="button" onClick={() => epoch.value++}>
              Try now
            </button>
          </p>
        )}
        <main id="main" tabIndex={-1} class={`screen-${section}`}>
          {keyWanted.value === "no" ? <Content section={section} /> : <KeyForm />}
        </main>
      </div>
      {shortcuts.shown && <ShortcutList onClose={shortcuts.hide} />}
    </>
  );
};

/** The fragment is the address of a section, so that a link within the page cannot use it. */
const skipToMain = (event: Event): void => {
  event.preventDefault();
  document.getElementById("main")?.focus();
};

const Rail = ({ section }: { readonly section: Section }) => {
  const c = route.value.params.get("c") ?? undefined;
  const link = (name: Section) => (
    <a key={name} href={formatRoute(name, { c })} aria-current={section === name ? "page" : undefined}>
      {SECTIONS[name].title}
    </a>
  );
  return (
    <nav class="rail" aria-label="Sections">
      <a class="brand" href={formatRoute("ask", { c })} aria-label="Anchorage, start">
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <circle cx="12" cy="5" r="2.5" />
          <path d="M12 7.5V21M7 11h10M4 14c0 4 4 7 8 7s8-3 8-7" />
        </svg>
        <b>Anchorage</b>
      </a>
      {sectionsOf("answers").map(link)}
      {sectionsOf("insight").length > 0 && <hr />}
      {sectionsOf("insight").map(link)}
      <span class="grow" />
      {sectionsOf("service").map(link)}
      <a href="/docs">API</a>
    </nav>
  );
};

const TopBar = () => {
  const chosen = current.value;
  const known = collections.value ?? [];
  const { section } = route.value;
  const running = jobs.value.filter(({ state }) => state === "running");
  return (
    <header class="bar">
      {known.length > 0 && (
        <label class="pick">
          <span class="muted">Collection</span>{" "}
          <select
            value={chosen?.name ?? ""}
            onChange={(event) => navigate(formatRoute(section, { c: event.currentTarget.value }))}
          >
            {known.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {chosen !== null && (
        <span class="muted facts">
          {count(chosen.anchorCount)} anchors
          <span class="wide">
            {" "}
            · {chosen.encoders.image.id} + {chosen.encoders.text.id} · sequence {count(chosen.sequence)}
          </span>
        </span>
      )}
      <span class="grow" />
      {running.map((job) => (
        <a
          key={job.id}
          class="job"
          href={formatRoute("service", { c: route.value.params.get("c") ?? undefined })}
          title={`${job.kind} of ${job.subject}: see and cancel it in Service`}
        >
          {job.kind}
          <progress value={job.done} max={job.total || 1} aria-label={`${job.kind} of ${job.subject}`} />
        </a>
      ))}
      <button
        class="ghost"
        type="button"
        onClick={changeTheme}
        aria-label={theme.value === "dark" ? "Show in light colours" : "Show in dark colours"}
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <circle cx="8" cy="8" r="6" class="ring" />
          <path d="M8 2a6 6 0 0 1 0 12z" class="half" />
        </svg>
      </button>
    </header>
  );
};

const Content = ({ section }: { readonly section: Section }) => {
  if (collections.value === null)
    return <p class="muted">{answering.value ? "Reading the collections…" : "Waiting for the service…"}</p>;
  const named = route.value.params.get("c");
  if (current.value === null && named !== null) return <GoneCollection name={named} />;
  return section === "ask" ? <Ask /> : <Later section={section} />;
};

const GoneCollection = ({ name }: { readonly name: string }) => (
  <section class="card empty">
    <h1>There is no collection “{name}” any more</h1>
    <p class="muted">It was deleted, or the address is of another service.</p>
    <a class="button" href={formatRoute("ask")}>
      Show the others
    </a>
  </section>
);

const Later = ({ section }: { readonly section: LaterSection }) => {
  const [loaded, setLoaded] = useState<{ readonly section: Section; readonly screen: Screen } | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    setFailed(false);
    LATER[section]().then(
      (screen) => setLoaded({ section, screen }),
      () => setFailed(true),
    );
  }, [section]);
  if (failed)
    return (
      <p>
        This part of the page could not be loaded.{" "}
        <button class="link" type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </p>
    );
  if (loaded?.section !== section) return <p class="muted">Loading {SECTIONS[section].title}…</p>;
  const Shown = loaded.screen;
  return <Shown />;
};
