"""The words of a comparison: how its runs went, and what they show."""

from homeschool.messages.sentence import Sentence

START_MADE = Sentence("made a model to start from: {command} ({folder})", "起点模型已就绪：{command}（{folder}）")
RUN_DONE = Sentence(
    "{run}: hidden exam {mark:.3g}, {seconds:.0f} s", "{run}：隐藏考试 {mark:.3g}，用时 {seconds:.0f} 秒"
)
RUN_FAILED = Sentence("{run}: {status} ({reason})", "{run}：没有做完（{status}：{reason}）")

TITLE = Sentence("What the comparison shows", "比较的结论")
TASK = Sentence("Task {task}", "任务 {task}")
BASELINE = Sentence(
    "{arm}, the baseline, reached {mark} on the hidden exam ({before} before learning), over {seeds} run(s)",
    "基准方案 {arm} 的隐藏考试成绩是 {mark}（训练前 {before}），共 {seeds} 次训练",
)
NO_BASELINE = Sentence(
    "{arm}, the baseline, finished no run, so nothing can be compared with it",
    "基准方案 {arm} 没有一次训练做完，没法拿别的和它比",
)
BETTER = Sentence(
    "{arm} is better than {baseline}: {difference} points (95 % interval), p {p}{corrected}",
    "{arm} 比 {baseline} 好：相差 {difference} 分（95 % 区间），p {p}{corrected}",
)
WORSE = Sentence(
    "{arm} is worse than {baseline}: {difference} points (95 % interval), p {p}{corrected}",
    "{arm} 比 {baseline} 差：相差 {difference} 分（95 % 区间），p {p}{corrected}",
)
NOT_SHOWN = Sentence(
    "{arm}: no difference from {baseline} shown: {difference} points (95 % interval), p {p}{corrected}; "
    "one smaller than {detectable} points would probably go unnoticed here",
    "{arm}：看不出和 {baseline} 有差别：相差 {difference} 分（95 % 区间），p {p}{corrected}；"
    "真有差别但不到 {detectable} 分的话，这次比较多半发现不了",
)
CORRECTED = Sentence(" after correction for {family} comparisons", "（已按 {family} 次比较校正）")
"""Of a p-value; a single comparison needs no correction."""
FAILED = Sentence(
    "{arm}: {failed} of {runs} runs did not finish ({reason}); by the runs that are left it is not called better",
    "{arm}：{runs} 次训练有 {failed} 次没有做完（{reason}）；只凭剩下的几次，不说它更好",
)
COLLAPSED = Sentence(
    "{arm}: {count} of {runs} runs collapsed: they diverged, or know less than before they began",
    "{arm}：{runs} 次训练里有 {count} 次崩了：数值发散，或者考得比训练前还差",
)
ONE_SEED = Sentence(
    "one run per arm: the intervals cover other questions, not another run, which may turn out differently; "
    "--seeds 5 tells",
    "每个方案只训练了一次：区间只说明换一批题会怎样，换个随机种子重新训练可能就不一样了；要知道，请用 --seeds 5",
)
COST = Sentence(
    "{arm} took {time:.2f} times the seconds and {memory:.2f} times the peak memory of {baseline}",
    "{arm} 的用时是 {baseline} 的 {time:.2f} 倍，内存峰值是 {memory:.2f} 倍",
)
WAGE = Sentence(
    "; its critic took {share:.0%} of its seconds and {mib:.1f} MiB", "；评论家占了 {share:.0%} 的时间和 {mib:.1f} MiB"
)
AXIS = Sentence(
    "at equal {axis} ({cut}, where a run of {by} was over), by the check exams: {found}",
    "{axis}相等时（取 {cut}，{by} 最先有一次训练到此为止），按检查考试：{found}",
)
AXIS_BETTER = Sentence("better than {baseline}: {arms}", "比 {baseline} 好的：{arms}")
AXIS_WORSE = Sentence("worse: {arms}", "比它差的：{arms}")
AXIS_NOT_SHOWN = Sentence("no difference shown: {arms}", "看不出差别的：{arms}")
SEPARATOR = Sentence("; ", "；")
AXES = {
    "tokens": Sentence("generated tokens", "生成的 token 数"),
    "updates": Sentence("weight updates", "权重更新次数"),
    "seconds": Sentence("seconds", "用时"),
    "flops": Sentence("floating-point operations", "浮点运算量"),
}
UNITS = {
    "tokens": Sentence("{value:,.0f} tokens", "{value:,.0f} 个 token"),
    "updates": Sentence("{value:,.0f} updates", "{value:,.0f} 次更新"),
    "seconds": Sentence("{value:,.1f} s", "{value:,.1f} 秒"),
    "flops": Sentence("{value:.3g} operations", "{value:.3g} 次运算"),
}
UNMATCHED = Sentence(
    "the two runs sat different exams (other task, seed or number of questions): their marks cannot be compared; have "
    "both answer the same questions with homeschool eval --baseline",
    "两次训练考的不是同一批题（任务、随机种子或题数不同），成绩没法比；"
    "用 homeschool eval --baseline 让两个模型答同样的题",
)
NO_EXAM = Sentence(
    "{run} holds no hidden exam: only its costs can be shown",
    "{run} 里没有隐藏考试的成绩，只能看它的开销",
)
WHERE = Sentence(
    "everything is in {folder}: result.json, runs.csv, table.en.md, table.zh.md, curves.csv, curves.svg",
    "全部结果在 {folder}：result.json、runs.csv、table.en.md、table.zh.md、curves.csv、curves.svg",
)
