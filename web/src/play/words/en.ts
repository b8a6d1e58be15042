// English, for the frame around the levels; what a level says comes from the server in both languages.
export const en = {
  name: "homeschool play", levels: "Levels", level: (n: string) => `Level ${n}`, of: (n: string, all: string) => `${n} of ${all} levels passed`,
  guess: "Guess first", guessNote: "The controls open when you have guessed.", sure: "This is my guess", question: (n: string) => `Question ${n}`,
  drawNote: "Drag across the chart, or choose a point and use the arrow keys.", at: (line: string, x: string) => `${line}, at ${x}`, active: "Line to draw",
  yours: "your guess", measured: "measured", right: (answer: string) => `Right: ${answer}.`, wrong: (answer: string) => `Not so: ${answer}.`, points: (n: string) => `${n} of 100 points for the guess`,
  run: "Run and look", locked: "Locked until you have guessed.", working: "computing", lost: "The server does not answer. Start homeschool play again.",
  check: "Pass the check", passed: "Passed", notPassed: "not yet", next: (title: string) => `Next: ${title}`, all: "All levels passed. Well done.",
  machine: "In the machine", misleads: "Where the story misleads", real: "A real run", made: "Made by", copy: "Copy the command", copied: "Copied", run_: "Run",
  seen: "The class you see", on: "on", off: "off",
  sheet: (n: string) => `Sheet ${n}`, who: { sft: "before its exams", grpo: "after GRPO", ppo: "after PPO" }, checker: "checker", toMark: (n: string) => `${n} still to mark`,
  runRule: "Run this rule", reset: "The given rule again", fingerprint: "Fingerprint", refused: "The rule was refused",
  stop: "Stop", training: "A real small model",
  noChild: "There is no child yet: it is brought up first, once, in two to five minutes (homeschool quickstart would have made one).",
  stages: { book: "textbook", child: "worked examples", rl: "exams" } as Record<string, string>, states: { idle: "", running: "running", finished: "finished", failed: "failed", stopped: "stopped" },
  stepOf: (n: string, all: string) => `step ${n} of ${all}`, passRate: "Pass rate in training", exam: "Hidden exam", before: "before", after: "after", same: "The run was paid by this very file.", other: "The run was paid by another version of the rule than the one in the editor.",
  waitHash: "The run has not said yet which file pays it.",
  takeOver: "Take it over and change it", askedAgain: "The same questions, asked eight times", isRight: "right:", isWrong: "wrong:",
  reportIs: (file: string) => `The report: ${file}`, noReport: "No report was written.", guardClean: "No check of the training found a problem.", problems: (n: string) => `The checks of the training found problems: ${n}. The report tells which.`,
  examRose: "The hidden exam rose: the whole interval above 0.", examDidNot: "The hidden exam did not rise for sure: the interval reaches 0.", graduated: "Graduated", chat: "Talk to it:",
  results: "Results as CSV", forget: "Forget my results", kept: "Guesses and results stay in this browser.", notKept: "This browser keeps nothing: results last until the page is closed.",
  step: "step", seconds: "seconds", tokens: "tokens", paid: "paid", truth: "really true", explained: "explained variance", low: "lowest", high: "highest", unguarded: "no guard: paid", unguardedTruth: "no guard: true", audited: "audited: true score", auditedPaid: "audited: credit", rate: "pass rate",
  critic: "critic", wage: (parameters: string, mib: string, seconds: string, all: string) => `The critic's wage: ${parameters} parameters, ${mib} MiB, ${seconds} of ${all} seconds.`,
  exams: (before: string, after: string) => `Hidden exam: ${before} before, ${after} after.`, trueExams: (before: string, after: string) => `By the truth: ${before} before, ${after} after.`,
  mean: "mean of 20 steps", oneSeed: "One run each: no more than an example.", keys: "0 to 8 go to a level.",
};
type Same<T> = T extends string ? string : T extends (...arguments_: infer A) => string ? (...arguments_: A) => string : { [K in keyof T]: Same<T[K]> };
export type PlayWords = Same<typeof en>;
