import type { Finding, Mark, Pair, Run } from "../data";
import { areShares, compact, bytes, difference, differenceRange, duration, mark as written, number, own, range, whole } from "../format";
import { Chart, smooth } from "../parts/chart";
import { Facts, ModelText, Section } from "../parts/controls";
import { Grade, trueFull } from "../parts/grade";
import { MarkLine, type Point } from "../parts/marks";
import { reading } from "../parts/metrics";
import { addressOf, store } from "../store";
import { say, words } from "../words";

export function Verdict({ run }: { run: Run }) {
  const t = words().verdict;
  const [lead, ...rest] = run.verdict;
  return (
    <article class="page verdict">
      <p class="eyebrow">{[run.task, run.algorithm?.toUpperCase(), words().verb[run.verb], run.seed === null ? "" : words().seed(String(run.seed))].filter(Boolean).join("  ·  ")}</p>
      <h1 class="lead">{lead ? say(lead) : run.before && run.after ? t.noVerdict : t.noExam}</h1>
      {rest.length > 0 && <ul class="sentences">{rest.map((sentence, index) => <li key={index}>{say(sentence)}</li>)}</ul>}
      <Exams run={run} />
      <Findings findings={run.findings} verb={run.verb} />
      <Way run={run} />
      <Same run={run} />
      <Cost run={run} />
      <AllRuns run={run} />
    </article>
  );
}

function Exams({ run }: { run: Run }) {
  const t = words().verdict;
  const truly = run.trueBefore !== null || run.trueAfter !== null;
  if (!run.before && !run.after && !truly) return null;
  return (
    <Section title={t.exam} note={t.examNote} wide>
      <Exam title={truly ? t.paid : ""} before={run.before} after={run.after} change={run.difference} full={run.fullMarks ?? null} tone="after" />
      {truly && <Exam title={t.truly} note={t.trulyNote} before={run.trueBefore} after={run.trueAfter} change={run.trueDifference} full={trueFull(run)} tone="true" />}
    </Section>
  );
}

function Exam({ title, note, before, after, change, full, tone }: { title: string; note?: string; before: Mark | null; after: Mark | null; change: Mark | null; full: number | null; tone: Point["tone"] }) {
  const t = words().verdict;
  const share = areShares(full, before, after);
  const points: Point[] = [];
  if (before) points.push({ name: t.before, mark: before, tone: "before" });
  if (after) points.push({ name: t.after, mark: after, tone });
  return (
    <div class="exam">
      {title && <h3>{title}</h3>}
      {note && <p class="note">{note}</p>}
      <div class="bignumbers">
        {points.map((point) => (
          <div class={`big ${point.tone}`} key={point.name}>
            <span class="name">{point.name}</span>
            <span class="value">{written(point.mark.estimate, share)}</span>
            <span class="soft">{range(point.mark, share)}</span>
          </div>
        ))}
        {change && (
          <div class="big change">
            <span class="name">{t.difference}</span>
            <span class="value">{difference(change.estimate, share)}</span>
            <span class="soft">{differenceRange(change, share)}</span>
          </div>
        )}
      </div>
      <MarkLine points={points} share={share} full={full} />
    </div>
  );
}

const weight = { problem: 0, warning: 1, note: 2 };
const sign = { problem: "▲", warning: "◆", note: "●" };

export function Findings({ findings, verb }: { findings: Finding[]; verb?: Run["verb"] }) {
  const t = words().verdict;
  if (!findings.length && verb !== "rl") return null;
  const sorted = [...findings].sort((a, b) => weight[a.severity] - weight[b.severity]);
  return (
    <Section title={t.findings}>
      {!findings.length && <p class="soft">{t.noFindings}</p>}
      <div class="findings">
        {sorted.map((finding, index) => (
          <details key={finding.name + index} class={`finding is-${finding.severity}`} open={index < 3 && finding.severity !== "note"}>
            <summary>
              <span class="severity"><i aria-hidden="true">{sign[finding.severity]}</i>{t.severity[finding.severity]}</span>
              <span class="findingtitle">{say(finding.title) || finding.name}</span>
              {finding.step !== null && <span class="soft when">{words().step(whole(finding.step))}</span>}
            </summary>
            <dl>
              {say(finding.evidence) && <div><dt>{t.evidence}</dt><dd>{say(finding.evidence)}</dd></div>}
              {say(finding.next) && <div><dt>{t.next}</dt><dd>{say(finding.next)}</dd></div>}
            </dl>
          </details>
        ))}
      </div>
    </Section>
  );
}

function Way({ run }: { run: Run }) {
  const t = words();
  const name = run.metrics.curated[0] ?? run.metrics.names[0];
  if (name === undefined || run.metrics.steps.length < 2) return null;
  const values = run.metrics.columns[run.metrics.names.indexOf(name)] ?? [];
  const label = run.metrics.labels[name];
  const found = reading(run.metrics, values);
  const summary = `${label ? say(label) : name}${t.colon}${t.curves.start} ${number(found.first)}${t.comma}${t.curves.now} ${number(found.last)}`;
  return (
    <Section title={t.verdict.way}>
      <p class="note">{label ? say(label) : name} <code>{name}</code></p>
      <Chart x={run.metrics.steps} xName={t.curves.axes.steps} summary={summary} height={200}
        lines={[{ label: name, slot: 0, values, faint: true }, { label: name, slot: 0, values: smooth(values, 0.9) }]} />
      <p class="below">{summary}{t.stop} <a href={addressOf({ page: "curves", item: "", view: "" })}>{t.verdict.allCurves}</a></p>
    </Section>
  );
}

// The first question it learned, else the first one that was asked.
function shown(pairs: Pair[]): Pair | undefined {
  return pairs.find((pair) => pair.scoreAfter > pair.scoreBefore && pair.before.length < 600 && pair.after.length < 600) ?? pairs[0];
}

function Same({ run }: { run: Run }) {
  const t = words();
  const pair = shown(run.pairs);
  if (!pair) return null;
  const text = { limit: 400, silence: t.answers.silence, more: t.answers.long, less: t.answers.short };
  return (
    <Section title={t.verdict.same}>
      <p class="question" dir="auto">{pair.question.slice(0, 1000)}</p>
      <div class="sheets">
        <div class="sheet before"><span class="name">{t.verdict.before}</span><ModelText text={pair.before} {...text} /><Grade score={pair.scoreBefore} full={run.fullMarks ?? null} /></div>
        <div class="sheet after"><span class="name">{t.verdict.after}</span><ModelText text={pair.after} {...text} /><Grade score={pair.scoreAfter} full={run.fullMarks ?? null} /></div>
      </div>
      <p class="below"><a href={addressOf({ page: "answers", view: "pairs", item: "" })}>{t.verdict.more}</a></p>
    </Section>
  );
}

// Costs are named by whoever recorded them; the end of the name tells the unit.
export function costText(name: string, value: number): string {
  if (/bytes/.test(name)) return bytes(value);
  if (/mib/i.test(name)) return bytes(value * 1024 * 1024);
  if (/second|_s$/.test(name)) return duration(value);
  return Math.abs(value) >= 1e6 ? compact(value) : number(value);
}
export function costName(name: string): string {
  const phase = own(words().compare.phases, /^time[/_](.+)_s$/.exec(name)?.[1] ?? "");
  return own(words().record.costs, name) ?? phase ?? name.replaceAll("_", " ");
}

function Cost({ run }: { run: Run }) {
  const rows = Object.entries(run.cost).slice(0, 8).map(([name, value]): [string, string] => [costName(name), costText(name, value)]);
  if (run.metrics.steps.length && !("steps" in run.cost)) rows.unshift([costName("steps"), whole(run.metrics.steps[run.metrics.steps.length - 1] ?? 0)]);
  return rows.length ? <Section title={words().verdict.cost}><Facts rows={rows} /></Section> : null;
}

function AllRuns({ run }: { run: Run }) {
  const t = words();
  const { runs } = store.data;
  if (runs.length < 2) return null;
  return (
    <Section title={t.verdict.table} wide>
      <div class="scroll">
        <table>
          <thead><tr><th scope="col">{t.run}</th><th scope="col">{t.verdict.reads}</th><th scope="col">{t.verdict.task}</th><th scope="col" class="n">{t.verdict.before}</th><th scope="col" class="n">{t.verdict.after}</th><th scope="col" class="n">{t.verdict.difference}</th></tr></thead>
          <tbody>
            {runs.map((one) => {
              const share = areShares(one.fullMarks, one.before, one.after);
              return (
                <tr key={one.name} class={one === run ? "current" : ""}>
                  <th scope="row"><a href={addressOf({ run: one.name, item: "" })}>{one.name}</a></th>
                  <td>{one.algorithm ?? t.verb[one.verb]}</td><td>{one.task ?? "–"}</td>
                  <td class="n">{written(one.before?.estimate ?? null, share)}</td><td class="n">{written(one.after?.estimate ?? null, share)}</td>
                  <td class="n">{one.difference ? difference(one.difference.estimate, share) : "–"}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
