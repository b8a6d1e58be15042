"""What the guard says to a user before, during and after a run."""

from homeschool.messages.sentence import Sentence

GOLD_TRIED = Sentence(
    "gold check {name}: passes {right} of {known} answers known to be right, and says the same when asked again",
    "金标准检查 {name}：{known} 个已知正确的回答里通过 {right} 个，再问一遍结果一样",
)
GOLD_UNTRIED = Sentence(
    "gold check {name}: the task states no right answers, so it was tried on junk alone; try it yourself on answers "
    "that you know to be right",
    "金标准检查 {name}：任务没有给出正确答案，只用废话试过；请自己拿确知正确的回答试一试",
)
WARM_UP = Sentence(
    "warm-up: {audits} paid answers of the untrained policy audited, {false} of them paid wrongly; true score about "
    "{score:.0%}; from now on more than {tolerance:.1%} paid wrongly counts as cheating",
    "摸底：抽查了未训练模型 {audits} 个得分的回答，其中 {false} 个不该给分；真实得分约 {score:.0%}；"
    "此后误给分超过 {tolerance:.1%} 就算作弊",
)
WARM_UP_EMPTY = Sentence(
    "warm-up: none of {answers} answers was paid, so there was nothing to audit; the guard starts from its defaults",
    "摸底：{answers} 个回答没有一个得分，没什么可查；守卫从默认值开始",
)
AFFORDABLE = Sentence(
    "audits: {rate:.0%} of the paid answers at first, {calls:,.0f} gold calls if nothing changed, {budget:,.0f} in the "
    "budget; their noise asks for about {pace:.0%} of the learning rate at first",
    "抽查：起初抽 {rate:.0%} 的得分回答；如果一直如此共需 {calls:,.0f} 次金标准检查，预算 {budget:,.0f} 次；"
    "因为抽查带来的噪声，学习率起初约为所设的 {pace:.0%}",
)
OBSERVED = Sentence(
    "audits: {rate:.0%} of the paid answers at first, {calls:,.0f} gold calls if nothing changed, {budget:,.0f} in the "
    "budget; they change no pay",
    "抽查：起初抽 {rate:.0%} 的得分回答；如果一直如此共需 {calls:,.0f} 次金标准检查，预算 {budget:,.0f} 次；"
    "只看，不改给分",
)
TOO_FEW_CALLS = Sentence(
    "the budget of {budget:,.0f} gold calls is too small: half of it, {calls} audits, is for the answers of the "
    "untrained policy, and fewer than {least} say nothing about the grader. Ways out: --guard.rate {rate:.2f}; more "
    "steps or prompts; a larger guard.budget, where it is set; --guard.warmup 0, which looks at nothing beforehand",
    "预算 {budget:,.0f} 次金标准检查太少：其中一半，也就是 {calls} 次，用来摸底，"
    "而少于 {least} 次说明不了评分器好不好。办法：--guard.rate {rate:.2f}；多跑几步或每步多出些题；"
    "设了 guard.budget 就把它调大；或者 --guard.warmup 0，事先什么也不查",
)
UNAFFORDABLE = Sentence(
    "the budget of {budget:,.0f} gold calls is too small: to keep the noise of audits within {variance:g} times that "
    "of the marks, this run would need about {calls:,.0f} ({share:.0%} of all answers), because {false} of {audits} "
    "paid answers were paid wrongly and nothing tells them apart well enough. Ways out: --guard.rate {share:.2f}; "
    "a stricter grader; fewer steps",
    "预算 {budget:,.0f} 次金标准检查太少：要把抽查带来的噪声压在得分本身方差的 {variance:g} 倍以内，这次训练大约需要 "
    "{calls:,.0f} 次（占全部回答的 {share:.0%}），因为 {audits} 个得分的回答里有 {false} 个不该给分，又没有特征能把它们"
    "分清楚。办法：--guard.rate {share:.2f}；换更严的评分器；或者少跑几步",
)
GO_ON_SLOWLY = Sentence(
    "going on all the same (guard.unaffordable warn), at about {pace:.0%} of the learning rate at first, so that the "
    "noise does no harm",
    "仍然继续（guard.unaffordable warn）：学习率起初降到所设的 {pace:.0%} 左右，免得噪声造成损害",
)
BUDGET_SPENT = Sentence(
    "the budget of {budget:,.0f} gold calls is spent. From here on pay is what the predictor expects, which nobody "
    "corrects: neither the true score nor the verdict is promised any more",
    "{budget:,.0f} 次金标准检查的预算用完了。此后按预测给分，再没有人纠正：真实得分和判定都不再有保证",
)
STOPPED_BUDGET = Sentence(
    "the guard stopped the run: its {budget:,.0f} gold calls are spent ({calls:,.0f} were made; the rest would not do "
    "for another step), and without audits it can promise nothing. All pay but that of the last step was audited. Go "
    "on with --resume and --guard.budget {more:,.0f} or more, or with --resume and --guard.when_spent go_on",
    "守卫停止了训练：{budget:,.0f} 次金标准检查用完了（用了 {calls:,.0f} 次，剩下的不够再走一步），"
    "没有抽查就不能保证什么。除了最后一步，得分都经过抽查。接着跑：--resume 加 --guard.budget {more:,.0f} 或更多，"
    "或者 --resume 加 --guard.when_spent go_on",
)
ALARM = Sentence(
    "verdict: cheating. {false:.0f} of the last {audits:.0f} uniform audits of paid answers were paid wrongly, where "
    "{tolerance:.1%} was to be expected; such an alarm is false less than once in {bound:,.0f} audits",
    "判定：作弊。最近 {audits:.0f} 次随机抽查里有 {false:.0f} 个不该给分，而预期只有 {tolerance:.1%}；"
    "这样的警报平均每 {bound:,.0f} 次抽查误报不到一次",
)
ROLLBACK = Sentence(
    "back to the weights of step {step}, the best by the lower end of its audited score ({low:.0%})",
    "退回到第 {step} 步的权重：按抽查得分的下限（{low:.0%}）它最好",
)
TAKEN_OUT = Sentence(
    "left out from now on: {name!r}, because uniform audits found it paid wrongly {false:.0f} times and rightly "
    "{true:.0f} times",
    "从现在起不再计入：{name!r}，随机抽查发现它有 {false:.0f} 次不该给分，{true:.0f} 次该给",
)
TAKEN_BACK = Sentence("counts again: {name!r}", "重新计入：{name!r}")
STOPPED_ALARM = Sentence("the guard stopped the run. {alarm}", "守卫停止了训练。{alarm}")
RESULT = Sentence(
    "guard: {calls} gold calls; recent true score {score} % of full marks (95 %, holds at every step); {verdict}; "
    "{price}",
    "守卫：{calls} 次金标准检查；最近的真实得分是满分的 {score} %（95%，每一步都成立）；{verdict}；{price}",
)
PRICE = Sentence(
    "its price: {seconds:.1f} s, {share:.1%} on top of the steps, and {gold:.1f} s of gold checks",
    "代价：{seconds:.1f} 秒，相当于给训练步骤加了 {share:.1%}，另有金标准检查 {gold:.1f} 秒",
)
NO_ALARM = Sentence("no verdict of cheating", "没有作弊判定")
ALARMS = Sentence("{count} verdict(s) of cheating", "{count} 次作弊判定")
