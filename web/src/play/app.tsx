// The frame of the levels, and one level: guess, run and look, pass the check.
import { useEffect, useRef, useState } from "preact/hooks";
import { Foot, Mortar } from "../app";
import { Nothing, Section } from "../parts/controls";
import { ErrorFence } from "../parts/fence";
import { addressOf, go, useStore } from "../store";
import { language, say, words } from "../words";
import { Controls, fitting } from "./controls";
import { ask, Refused, type Level, type Play, type Played, type ProgramControl, type ChoiceControl, type Value } from "./data";
import { Editor, Found } from "./editor";
import { Exhibits } from "./exhibit";
import { Guesses } from "./guess";
import { asCsv, forget, isKept, note, recordOf, useProgress } from "./progress";
import { Checks, Results } from "./results";
import { Sheets } from "./sheets";
import { TrainingPanel } from "./training";
import { playWords } from "./words";

const pageOf = (level: Level): string => `level-${level.number}`;

export function PlayApp({ play }: { play: Play }) {
  const { place } = useStore();
  useProgress();
  const t = playWords();
  const card = useRef<HTMLDialogElement>(null);
  const first = play.levels.find((level) => level.number === 1) ?? play.levels[0];
  const level = play.levels.find((one) => pageOf(one) === place.page) ?? first;
  useEffect(() => {
    document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = place.theme;
    document.title = level ? `${say(level.title)} · ${t.name}` : t.name;
  });
  useEffect(() => { scrollTo(0, 0); }, [level]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || card.current?.open || /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as HTMLElement).tagName)) return;
      const chosen = play.levels.find((one) => String(one.number) === event.key);
      if (chosen) go({ page: pageOf(chosen) });
      else if (event.key === "?") card.current?.showModal();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (!level) return <Nothing title={words().noRuns} />;
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{words().skip}</a>
      <header class="side">
        <a class="brand" href={addressOf({ page: first ? pageOf(first) : "" })}><Mortar />{words().title}</a>
        <Levels play={play} current={level} />
        <Foot open={() => card.current?.showModal()} />
      </header>
      <main id="main" tabIndex={-1}>
        <ErrorFence key={level.name}><LevelPage key={level.name} level={level} play={play} /></ErrorFence>
        <Results_ play={play} />
      </main>
      <dialog ref={card} aria-labelledby="keys-title">
        <h2 id="keys-title">{words().keys.title}</h2>
        <p>{t.keys}</p>
        <form method="dialog"><button class="button">{words().keys.close}</button></form>
      </dialog>
    </div>
  );
}

function Levels({ play, current }: { play: Play; current: Level }) {
  const t = playWords();
  const passed = play.levels.filter((level) => recordOf(level).passed).length;
  return (
    <nav aria-label={t.levels}>
      <div class="part">
        <p class="partname">{t.of(String(passed), String(play.levels.length))}</p>
        <ul class="levels">
          {play.levels.map((level) => (
            <li key={level.name}>
              <a href={addressOf({ page: pageOf(level) })} aria-current={level === current ? "page" : undefined}>
                <span class="levelnumber">{level.number}</span>{say(level.title)}{recordOf(level).passed && <span class="won" role="img" aria-label={t.passed}>✓</span>}
              </a>
            </li>
          ))}
        </ul>
      </div>
    </nav>
  );
}

function LevelPage({ level, play }: { level: Level; play: Play }) {
  const t = playWords();
  const record = recordOf(level);
  const locked = level.guesses.length > 0 && record.guesses === undefined;
  const [settings, set] = useState(() => fitting(level, record.settings));
  const [played, show] = useState<Played | null>(null);
  const [busy, work] = useState(false);
  const [refusal, refuse] = useState("");
  const turn = useRef(0);
  const latest = useRef(settings);   // a slider answers a little later than it is moved, and must not undo what came between
  const program = level.controls.find((control): control is ProgramControl => control.kind === "program");
  const marks = level.controls.find((control): control is ChoiceControl => control.kind === "marks");

  const run = (next: typeof settings) => {
    const mine = (turn.current += 1);
    work(true);
    ask<Played>("play", { level: level.number, settings: next }).then(
      (found) => {
        if (mine !== turn.current) return;
        show(found); refuse(""); work(false);
        note(level, { settings: next, tries: (recordOf(level).tries ?? 0) + 1, ...(found.passed ? { passed: true } : {}) });
      },
      (error: unknown) => { if (mine === turn.current) { refuse(error instanceof Refused ? error.message : t.lost); work(false); } },
    );
  };
  useEffect(() => { if (!locked) run(settings); }, [locked]);
  const change = (name: string, value: Value) => {
    const next = { ...latest.current, [name]: value };
    latest.current = next;
    set(next);
    run(next);
  };
  const takeOver = (found: string) => {
    const next = { ...latest.current, author: "me", program: found };
    latest.current = next;
    set(next);
    run(next);
  };
  const following = play.levels[play.levels.indexOf(level) + 1];
  const sheets = play.exhibits.sheets;
  return (
    <article class="page level">
      <p class="eyebrow">{t.level(String(level.number))}{record.passed && <> · <span class="won">✓ {t.passed}</span></>}</p>
      <h1>{say(level.title)}</h1>
      <p class="leadtext">{say(level.story)}</p>
      <Guesses level={level} played={played} />
      <section class={locked ? "section closed" : "section"}>
        <h2>{t.run}</h2>
        {locked && <p class="note">{t.locked}</p>}
        {marks && sheets && <Sheets exhibit={sheets} control={marks} settings={settings} change={change} checked={played !== null && played.checks.length > 0} />}
        <Controls level={level} settings={settings} change={change} locked={locked} />
        {program && played?.program && !locked && <Found program={played.program} hash={played.hash} take={takeOver} />}
        {program && !played?.program && <Editor key={String(settings[program.name])} program={String(settings[program.name])} start={program.start} busy={busy} hash={played?.hash ?? ""} locked={locked} run={(text) => change(program.name, text)} />}
        {refusal && <div class="notice" role="alert">{program ? <b>{t.refused}: </b> : null}{refusal}</div>}
        <div class={busy ? "outcome-area busy" : "outcome-area"} aria-busy={busy}>
          {busy && <p class="working" role="status">{t.working}</p>}
          {played && !locked && <Results played={played} />}
        </div>
      </section>
      {!locked && played && (played.checks.length > 0 || !marks) && <Checks level={level} checks={played.checks} passed={played.passed} />}
      {record.passed && <p class="onward">{following ? <a class="button primary" href={addressOf({ page: pageOf(following) })}>{t.next(say(following.title))}</a> : play.levels.every((one) => recordOf(one).passed) ? t.all : null}</p>}
      {level.real && <TrainingPanel level={level} real={level.real} settings={settings} hash={played?.hash ?? ""} locked={locked || refusal !== ""} />}
      {!locked && level.name !== "meet" && <Exhibits level={level} play={play} />}
      {!locked && (level.name !== "meet" || (played?.checks.length ?? 0) > 0) && (
        <div class="asides">
          <Section title={t.machine}><p class="note">{say(level.machine)}</p></Section>
          <Section title={t.misleads}><p class="note">{say(level.misleads)}</p></Section>
        </div>
      )}
    </article>
  );
}

function Results_({ play }: { play: Play }) {
  const t = playWords();
  const save = () => {
    const link = document.createElement("a");
    link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(asCsv(play.levels));
    link.download = "homeschool-play.csv";
    link.click();
  };
  return (
    <footer class="notes">
      <p>{isKept() ? t.kept : t.notKept}</p>
      <p class="controls"><button type="button" class="button" data-csv onClick={save}>{t.results}</button><button type="button" class="button" onClick={forget}>{t.forget}</button></p>
    </footer>
  );
}
