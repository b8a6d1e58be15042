"""The words around a finding: how it is announced during a run, and listed after it."""

from homeschool.messages.sentence import Sentence

SEVERITIES = {
    "note": Sentence("note", "说明"),
    "warning": Sentence("warning", "警告"),
    "problem": Sentence("problem", "问题"),
}
BEGAN = Sentence(
    "{severity}, step {step}: {seen}. Next: {next_step}", "{severity}，第 {step} 步：{seen}。下一步：{next_step}"
)
WORSE = Sentence(
    "now a {severity}, step {step}: {seen}. Next: {next_step}",
    "变成{severity}了，第 {step} 步：{seen}。下一步：{next_step}",
)
ENDED = Sentence("no longer, since step {step}: {seen}", "第 {step} 步起不再如此：{seen}")
HAPPENED = Sentence("what happened:", "发生了什么：")
LINE = Sentence("{severity}, steps {first} to {last}: {seen}", "{severity}，第 {first} 到 {last} 步：{seen}")
LINE_OVER = Sentence(
    "{severity}, steps {first} to {last}, over since: {seen}", "{severity}，第 {first} 到 {last} 步，之后没有了：{seen}"
)
NEXT = Sentence("next: {next_step}", "下一步：{next_step}")
MORE = Sentence("and {count} more: homeschool diagnose {folder}", "还有 {count} 条：homeschool diagnose {folder}")
HEADLINE = Sentence(
    "{folder}: {steps} steps, {problems} problem(s), {warnings} warning(s)",
    "{folder}：{steps} 步，{problems} 个问题，{warnings} 个警告",
)
NOTHING = Sentence("{checks} checks, nothing wrong", "{checks} 项检查，没发现毛病")
