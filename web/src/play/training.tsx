// The real training that a level asks for: started with its settings, looked at while it runs, and what it leaves.
import { useEffect, useState } from "preact/hooks";
import { difference, differenceRange, mark as written, number, whole } from "../format";
import { Section } from "../parts/controls";
import { say } from "../words";
import { ask, Refused, type Level, type RealRun, type Settings, type TrainingStatus } from "./data";
import { Picture } from "./results";
import { playWords } from "./words";

export function TrainingPanel({ level, real, settings, hash, locked }: { level: Level; real: RealRun; settings: Settings; hash: string; locked: boolean }) {
  const t = playWords();
  const [status, set] = useState<TrainingStatus | null>(null);
  const [refusal, refuse] = useState("");
  const running = status?.state === "running";
  const take = (asked: Promise<TrainingStatus>) => asked.then((found) => { set(found); refuse(""); }, (error: unknown) => refuse(error instanceof Refused ? error.message : t.lost));
  useEffect(() => { void take(ask<TrainingStatus>("training")); }, [level]);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => { void take(ask<TrainingStatus>("training")); }, 1000);
    return () => clearInterval(timer);
  }, [running]);
  const exam = status?.exam;
  return (
    <Section title={t.training} note={say(real.note)}>
      {status && !status.has_child && <p class="notice quiet">{t.noChild}</p>}
      <div class="controls">
        <button type="button" class="button primary" data-train disabled={locked || running} onClick={() => void take(ask<TrainingStatus>("train", { level: level.number, settings }))}>{say(real.button)}</button>
        {running && <button type="button" class="button" data-stop onClick={() => void take(ask<TrainingStatus>("stop", {}))}>{t.stop}</button>}
      </div>
      {refusal && <p class="notice" role="alert">{refusal}</p>}
      {status && status.state !== "idle" && (
        <div class="training" data-state={status.state}>
          <p role="status"><span class={`status ${status.state}`}>{t.states[status.state]}</span> {t.stages[status.stage] ?? ""}{status.steps ? ` · ${t.stepOf(String(status.step ?? 0), String(status.steps))}` : ""}</p>
          {status.steps ? <progress max={status.steps} value={status.step ?? 0} aria-label={t.stages[status.stage] ?? status.stage} /> : null}
          {status.failure && <pre class="failure">{status.failure}</pre>}
          <Curve title={t.passRate} values={status.scores} name={status.run} slot={0} />
          <Curve title={t.explained} values={status.explained} name={t.critic} slot={1} level={0} />
          {status.hash && <p class="hash">{t.fingerprint} <code>{status.hash.slice(0, 16)}</code> {status.run_hash ? <><code data-run-hash>{status.run_hash.slice(0, 16)}</code> {status.run_hash === hash ? t.same : t.other}</> : status.stage === "rl" ? t.waitHash : null}</p>}
          {exam?.before && exam.after && exam.difference && <p class="leadtext">{t.exam}: {t.before} {written(exam.before.estimate, true)}, {t.after} {written(exam.after.estimate, true)} ({difference(exam.difference.estimate, true)}, {differenceRange(exam.difference, true)}) <span class="hidden">{number(exam.difference.estimate)}</span></p>}
          {exam?.critic && <p class="note" data-wage>{t.wage(whole(exam.critic.parameters), number(exam.critic.bytes / 2 ** 20), number(exam.critic.seconds), number(exam.seconds ?? null))}</p>}
          {status.certificate && <Certificate status={status} isLast={level.name === "graduation"} />}
        </div>
      )}
    </Section>
  );
}

// What a finished run leaves. In the last level it is a certificate where the exam rose for sure and nothing was found.
function Certificate({ status, isLast }: { status: TrainingStatus; isLast: boolean }) {
  const t = playWords();
  const { certificate, exam } = status;
  if (!certificate) return null;
  const lines: [boolean, string][] = [
    [certificate.report !== null, certificate.report ? t.reportIs(certificate.report) : t.noReport],
    [certificate.problems === 0, certificate.problems === 0 ? t.guardClean : t.problems(String(certificate.problems))],
    [(exam?.difference?.low ?? 0) > 0, (exam?.difference?.low ?? 0) > 0 ? t.examRose : t.examDidNot],
  ];
  return (
    <div class="certificate">
      <ul class="checks">{lines.map(([good, text]) => <li key={text} class={good ? "done" : ""}><span class="tickmark" aria-hidden="true">{good ? "✓" : "○"}</span><span>{text}</span></li>)}</ul>
      {isLast && lines.every(([good]) => good) && <p class="passed" role="status" data-graduated>{t.graduated}</p>}
      <p class="command"><span class="soft">{t.chat}</span> <code>{certificate.chat}</code></p>
    </div>
  );
}

// Step by step; nothing where the run does not write it.
function Curve({ title, values, name, slot, level }: { title: string; values: (number | null)[] | undefined; name: string | undefined; slot: number; level?: number }) {
  const t = playWords();
  if ((values ?? []).filter((value) => value !== null).length < 2) return null;
  const said = (text: string) => ({ en: text, zh: text });
  return <Picture height={180} chart={{ title: said(title), axis: said(t.step), level: level ?? null, x: (values ?? []).map((_, index) => index + 1), lines: [{ label: said(name ?? ""), values: values ?? [], slot, faint: false }] }} />;
}
