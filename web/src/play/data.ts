// What `homeschool play` gives the page (src/homeschool/play/page.py) and what it answers (level.py, training.py).
import type { Text } from "../data";

export type Value = number | string | boolean;
export type Settings = Record<string, Value>;
export type Answer = string | number[][];

interface Named { name: string; title: Text }
export interface RangeControl extends Named { kind: "range"; low: number; high: number; step: number; start: number }
export interface ChoiceControl extends Named { kind: "choice" | "marks"; options: string[]; names: Text[]; start: string }
export interface SwitchControl extends Named { kind: "switch"; start: boolean }
export interface ProgramControl extends Named { kind: "program"; start: string }
export type Control = RangeControl | ChoiceControl | SwitchControl | ProgramControl;

export interface Pick { kind: "pick"; name: string; question: Text; options: string[]; names: Text[] }
export interface Draw { kind: "draw"; name: string; question: Text; lines: string[]; names: Text[]; starts: number[]; last: number; high: number; points: number; slots: number[] }
export type Guess = Pick | Draw;

export interface RealRun { button: Text; note: Text }
export interface Level {
  number: number; name: string; title: Text; story: Text; machine: Text; task: Text; misleads: Text; exhibit: Text;
  guesses: Guess[]; controls: Control[]; exhibits: string[]; real: RealRun | null;
}
export interface Sheet { question: string; answer: string; who: "sft" | "grpo" | "ppo"; right: boolean; argued: boolean }
export interface Mark { estimate: number; low: number; high: number }
export interface Exhibit { run: string; made_by: string; columns: Record<string, number[]>; numbers: Record<string, number | Mark>; sheets?: Sheet[] }
export interface Play { levels: Level[]; exhibits: Record<string, Exhibit> }

export interface ChartData { title: Text; x: number[]; lines: { label: Text; values: (number | null)[]; slot: number; faint: boolean }[]; axis: Text; level: number | null }
export interface Asked { question: string; answers: string[]; right: boolean[] }
export interface CheckData { goal: Text; measured: Text; passed: boolean }
export interface Played {
  charts: ChartData[]; facts: [Text, string][]; checks: CheckData[]; answers: Record<string, Answer>; notes: Text[]; asked: Asked[]; program: string; hash: string; passed: boolean;
}
export interface TrainingStatus {
  state: "idle" | "running" | "finished" | "failed" | "stopped"; stage: string; stages: string[]; hash: string; failure: string; has_child: boolean;
  step?: number; steps?: number; run?: string; run_hash?: string; scores?: (number | null)[]; explained?: (number | null)[];
  exam?: { before: Mark | null; after: Mark | null; difference: Mark | null; seconds?: number | null; critic?: { parameters: number; bytes: number; seconds: number } | null } | null;
  certificate?: { report: string | null; problems: number; chat: string } | null;
}

// The page of levels has them in its data; a report has none.
export function readPlay(): Play | null {
  try {
    const found = JSON.parse(document.getElementById("data")?.textContent ?? "") as { play?: Play } | null;
    return found && typeof found === "object" && found.play && Array.isArray(found.play.levels) ? found.play : null;
  } catch { return null; }
}

export class Refused extends Error {}

// Asks the page's own server; what it refuses comes back as words.
export async function ask<T>(action: string, sent?: unknown): Promise<T> {
  const options = sent === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) };
  const answer = await fetch(action, options);
  const told = (await answer.json().catch(() => ({}))) as T & { error?: string };
  if (!answer.ok) throw new Refused(told.error ?? String(answer.status));
  return told;
}
