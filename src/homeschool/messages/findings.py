"""The words of the diagnosis: for each finding what is seen, what it means, and what to do next.

The values in braces are the evidence of the finding, and ``limit``, its threshold.
"""

from dataclasses import dataclass

from homeschool.messages.sentence import Sentence


@dataclass(frozen=True)
class FindingWords:
    """One finding."""

    seen: Sentence
    meaning: Sentence
    next_step: Sentence


FINDINGS: dict[str, FindingWords] = {
    "reward_fell": FindingWords(
        seen=Sentence(
            "the mean reward fell from {best:.3g} (around step {best_step}) to {mean:.3g}: {lost:.0%} of it is gone",
            "平均奖励从 {best:.3g}（第 {best_step} 步前后）跌到 {mean:.3g}，丢了 {lost:.0%}",
        ),
        meaning=Sentence(
            "the updates destroy what the model knew; most often the learning rate, now {lr:.2g}, is too high",
            "更新正在毁掉模型已经学会的东西，多半是学习率太高，现在是 {lr:.2g}",
        ),
        next_step=Sentence(
            "start again from the best checkpoint, or from the model before, with --optim.lr {third:.1g} "
            "--optim.decay linear",
            "从最好的检查点或训练前的模型重新开始，加上 --optim.lr {third:.1g} --optim.decay linear",
        ),
    ),
    "text_loss_rises": FindingWords(
        seen=Sentence(
            "the loss rose from {least:.3g} (around step {least_step}) to {loss:.3g} nats per token",
            "损失从 {least:.3g}（第 {least_step} 步前后）升到每 token {loss:.3g} nat",
        ),
        meaning=Sentence(
            "the model forgets faster than it learns; most often the learning rate, up to {lr:.2g}, is too high",
            "模型忘得比学得快，多半是学习率太高，最高到过 {lr:.2g}",
        ),
        next_step=Sentence(
            "start again with --optim.lr {third:.1g}, or with more --optim.warmup_steps",
            "重新开始，加上 --optim.lr {third:.1g}，或者调大 --optim.warmup_steps",
        ),
    ),
    "never_stops": FindingWords(
        seen=Sentence(
            "{share:.1%} of all answers so far were cut off at sampling.max_tokens ({length:.0f} tokens): the stop "
            "token is hardly ever seen",
            "到现在为止，{share:.1%} 的回答写到 sampling.max_tokens（{length:.0f} 个 token）被截断，停止符几乎没出现过",
        ),
        meaning=Sentence(
            "what is marked are fragments. Either there is too little room, or the model never learned where an answer "
            "ends (an untuned model, or prompts without its chat template)",
            "打分打的全是半截话。要么空间太小，要么模型从没学过回答写到哪里该停（没微调过，或者提示没有套它的对话模板）",
        ),
        next_step=Sentence(
            "read rollouts.jsonl. Sensible but unfinished: raise --sampling.max_tokens. Rambling: fine-tune on worked "
            "examples first (homeschool sft)",
            "读一读 rollouts.jsonl。内容对路只是没写完，就调大 --sampling.max_tokens；东拉西扯停不下来，就先学例题"
            "（homeschool sft）",
        ),
    ),
    "endings_lost": FindingWords(
        seen=Sentence(
            "{share:.0%} of the answers are cut off, {share_before:.0%} at the start, and the reward has not risen",
            "{share:.0%} 的回答被截断，开头只有 {share_before:.0%}，奖励也没有涨",
        ),
        meaning=Sentence(
            "the updates have broken the model: it has forgotten how an answer ends; most often the learning rate, "
            "up to {lr:.2g}, is too high",
            "更新弄坏了模型：它忘了回答该怎么收尾；多半是学习率太高，最高到过 {lr:.2g}",
        ),
        next_step=Sentence(
            "start again from the model before, with --optim.lr {third:.1g} --optim.decay linear",
            "从训练前的模型重新开始，加上 --optim.lr {third:.1g} --optim.decay linear",
        ),
    ),
    "critic_explodes": FindingWords(
        seen=Sentence(
            "the critic's loss is {loss:.3g}; marks lie between {lowest:g} and {highest:g}, so the worst sensible "
            "forecast would cost {worst:.3g}",
            "评论家的损失是 {loss:.3g}；分数在 {lowest:g} 到 {highest:g} 之间，再离谱的预测也只该是 {worst:.3g}",
        ),
        meaning=Sentence(
            "it forecasts marks that do not exist, and adds noise to every advantage",
            "它预测的是根本不存在的分数，给每个优势都添了噪声",
        ),
        next_step=Sentence(
            "start again with a third of critic.lr; if the marks are large numbers, divide them in the reward function",
            "把 critic.lr 减到三分之一，重新开始；如果分数本身很大，在奖励函数里先除小",
        ),
    ),
    "gradient_explodes": FindingWords(
        seen=Sentence(
            "the gradient norm jumped from about {usual:.3g} to {norm:.3g}",
            "梯度范数从 {usual:.3g} 左右跳到 {norm:.3g}",
        ),
        meaning=Sentence(
            "the model has come to a place where small steps change much; clipping hides it for a while",
            "模型走到了一步小改动就天翻地覆的地方，裁剪只能暂时盖住",
        ),
        next_step=Sentence(
            "go back to the checkpoint before and lower --optim.lr; keep --optim.grad_clip at 1 or below",
            "回到之前的检查点，调低 --optim.lr；--optim.grad_clip 保持在 1 或更小",
        ),
    ),
    "sampler_differs": FindingWords(
        seen=Sentence(
            "sampler and trainer disagree by {kl:.3g} nats per token (more than {limit:g})",
            "采样端和训练端每 token 相差 {kl:.3g} nat（超过 {limit:g}）",
        ),
        meaning=Sentence(
            "the answers come from another distribution than the one that is trained: other rounding, temperature, "
            "template or old weights. Such runs tend to collapse",
            "回答出自另一个分布，不是正在训练的那个：舍入、温度、模板不同，或者权重是旧的。这样的训练往往会崩",
        ),
        next_step=Sentence(
            "try --dtype fp32; with your own engine, check that it has the newest weights and the same temperature",
            "试试 --dtype fp32；用自己的引擎时，检查权重是不是最新、温度是不是一样",
        ),
    ),
    "updates_too_large": FindingWords(
        seen=Sentence(
            "one step moves the policy by {kl:.3g} nats per token, and the clip takes the gradient of {clipped:.0%} of "
            "the tokens (bounds: {limit:g} and {clip_limit:.0%})",
            "一步就让策略每 token 移动 {kl:.3g} nat，{clipped:.0%} 的 token 被裁剪掉了梯度"
            "（界限：{limit:g} 和 {clip_limit:.0%}）",
        ),
        meaning=Sentence(
            "the ratio is far from 1: later updates of a step learn from answers the policy would hardly write now",
            "概率比离 1 太远：同一步里靠后的更新，学的是策略现在几乎不会写的回答",
        ),
        next_step=Sentence(
            "lower --optim.lr, or make fewer updates per batch (--rl.epochs 1)",
            "调低 --optim.lr，或者减少每批的更新次数（--rl.epochs 1）",
        ),
    ),
    "kl_explodes": FindingWords(
        seen=Sentence(
            "the policy is {kl:.3g} nats per token away from the reference (more than {limit:g}), and the reward has "
            "not risen for it",
            "策略离参考模型每 token {kl:.3g} nat（超过 {limit:g}），奖励却没有因此上涨",
        ),
        meaning=Sentence(
            "the model drifts: it gives up its language without being paid for it",
            "模型在漂移：丢掉了自己的语言，却没换来分数",
        ),
        next_step=Sentence(
            "lower --optim.lr, or raise --rl.kl_coef",
            "调低 --optim.lr，或者调大 --rl.kl_coef",
        ),
    ),
    "check_refuses_all": FindingWords(
        seen=Sentence(
            "the gold check refuses {share:.0%} of the paid answers it audits, and did so from the start "
            "({audits:.0f} audits)",
            "金标准检查否掉了 {share:.0%} 抽查到的得分回答，而且一开始就这样（共抽查 {audits:.0f} 次）",
        ),
        meaning=Sentence(
            "it passed the answers known to be right, so either it cannot read how this model writes them, or the "
            "grader pays for nothing but junk; the audits cannot tell which",
            "它通过了已知正确的答案，所以要么它读不懂这个模型的写法，要么评分器付的全是废话；光凭抽查分不出是哪一种",
        ),
        next_step=Sentence(
            "read audits.jsonl: where right answers have gold 0, mend the check; where they are wrong, mend the grader",
            "读一读 audits.jsonl：对的回答 gold 却是 0，就修检查；回答本来就错，就修评分器",
        ),
    ),
    "cheating": FindingWords(
        seen=Sentence(
            "verdict: cheating. The evidence of the uniform audits is {value:,.0f} (bound {limit:,.0f}); {share:.0%} "
            "of the paid answers were paid wrongly; paid {paid:.2f}, truly worth {low:.2f} to {high:.2f}",
            "判定：作弊。随机抽查的证据值是 {value:,.0f}（界限 {limit:,.0f}）；{share:.0%} 的得分回答不该给分；"
            "付了 {paid:.2f}，真正值 {low:.2f} 到 {high:.2f}",
        ),
        meaning=Sentence(
            "the model has found answers that the grader pays and that are not right; an honest run would look like "
            "this once in {limit:,.0f} audits at most",
            "模型找到了评分器会付、却并不正确的回答；老实的训练平均 {limit:,.0f} 次抽查里最多有一次会像这样",
        ),
        next_step=Sentence(
            "read what audits.jsonl shows with gold 0 and close that hole in the grader; until then --guard audited "
            "pays by the audits, and guard.on_alarm rollback goes back to honest weights",
            "看 audits.jsonl 里 gold 为 0 的回答，在评分器里堵上这个空子；在那之前，--guard audited 按抽查结果给分，"
            "guard.on_alarm rollback 会退回老实时的权重",
        ),
    ),
    "weak_grader": FindingWords(
        seen=Sentence(
            "{share:.0%} of the paid answers were paid wrongly in the first steps already (more than {limit:.0%})",
            "头几步就有 {share:.0%} 的得分回答不该给分（超过 {limit:.0%}）",
        ),
        meaning=Sentence(
            "this is the grader's error and not something the model learned; it teaches the error all the same, "
            "wherever audited pay does not outweigh it",
            "这是评分器的错，不是模型学来的；可只要没有按抽查结果给分来压过它，模型照样会学这个错",
        ),
        next_step=Sentence(
            "make the grader stricter (homeschool lint shows where it pays too easily), or pay by audits with --guard "
            "audited, and allow it more gold calls with --guard.rate",
            "把评分器改严（homeschool lint 会指出它在哪里给分太松），或者用 --guard audited 按抽查结果给分，再用 "
            "--guard.rate 多抽查一些",
        ),
    ),
    "audits_cannot_tell": FindingWords(
        seen=Sentence(
            "the true score lies between {low:.2f} and {high:.2f}: {audits:.1f} audits a step (rate {rate:.1%}) leave "
            "more than {limit:.0%} of the range open",
            "真实得分在 {low:.2f} 到 {high:.2f} 之间：每步 {audits:.1f} 次抽查（比例 {rate:.1%}），"
            "不确定的范围超过 {limit:.0%}",
        ),
        meaning=Sentence(
            "neither progress nor cheating can be told from so few audits; the pay is right on average and wild in "
            "each step",
            "抽查这么少，看不出是进步还是作弊；给的分平均是对的，单看每一步却大起大落",
        ),
        next_step=Sentence(
            "raise --guard.rate, take more --prompts per step, or predict better (--guard.predictor learned)",
            "调大 --guard.rate，每步多出些题（--prompts），或者换更准的预测（--guard.predictor learned）",
        ),
    ),
    "audits_ended": FindingWords(
        seen=Sentence(
            "no answer is audited any more, after {calls:,.0f} gold calls; true score at last {low:.2f} to {high:.2f}, "
            "paid {paid:.2f}",
            "不再有回答被抽查，已用 {calls:,.0f} 次金标准检查；最后的真实得分 {low:.2f} 到 {high:.2f}，付了 {paid:.2f}",
        ),
        meaning=Sentence(
            "the budget is spent: from here on nobody corrects the pay, and a cheat that is found now will be learned",
            "预算用完了：从这里起没有人纠正给分，现在找到的空子都会被学走",
        ),
        next_step=Sentence(
            "stop here, or go on with a larger --guard.budget and --resume",
            "到此为止，或者调大 --guard.budget 再加 --resume 接着跑",
        ),
    ),
    "exam_does_not_follow": FindingWords(
        seen=Sentence(
            "the reward rose from {reward_before:.3g} to {reward:.3g}, the check exam went from {exam_before:.3g} to "
            "{exam:.3g}",
            "奖励从 {reward_before:.3g} 涨到 {reward:.3g}，检查考试却从 {exam_before:.3g} 变成 {exam:.3g}",
        ),
        meaning=Sentence(
            "the model learns what pays on the practised questions only: it knows them by heart, or found a trick",
            "模型学的只在练习题上值钱：要么背下了题目，要么找到了空子",
        ),
        next_step=Sentence(
            "read rollouts.jsonl for the trick and close it in the reward function; add questions if there are few",
            "到 rollouts.jsonl 里找那个空子，在奖励函数里堵上；题目少就加题",
        ),
    ),
    "constant_reward": FindingWords(
        seen=Sentence(
            "every answer earns exactly {mean:.4g}",
            "每个回答都得到同样的 {mean:.4g} 分",
        ),
        meaning=Sentence(
            "the reward function does not tell good answers from bad ones, so there is nothing to learn",
            "奖励函数分不出回答的好坏，也就没有东西可学",
        ),
        next_step=Sentence(
            "give the reward function one right and one wrong answer by hand, and read rollouts.jsonl",
            "亲手给奖励函数一个对的、一个错的回答试试，再读 rollouts.jsonl",
        ),
    ),
    "too_hard": FindingWords(
        seen=Sentence(
            "{share:.0%} of the groups tie, at a mean reward of {mean:.3g}",
            "{share:.0%} 的组全组同分，平均奖励只有 {mean:.3g}",
        ),
        meaning=Sentence(
            "too hard: no answer is better than its neighbours, so nothing is learned. Or the reward function "
            "never pays",
            "太难：没有哪个回答比同组的好，什么也学不到。也可能是奖励函数从不给分",
        ),
        next_step=Sentence(
            "try the reward function on a right answer; then take an easier task, fine-tune on worked examples first "
            "(homeschool sft), or pay for a part of the way",
            "先拿一个正确答案试试奖励函数；再换容易些的任务，或者先学例题（homeschool sft），或者做对一半也给点分",
        ),
    ),
    "settled": FindingWords(
        seen=Sentence(
            "{share:.0%} of the groups tie, at a mean reward of {mean:.3g}",
            "{share:.0%} 的组全组同分，平均奖励 {mean:.3g}",
        ),
        meaning=Sentence(
            "each question is answered always well or always badly: nothing is tried any more, so nothing is learned",
            "每道题不是次次对就是次次错：不再尝试别的答法，也就什么都学不到",
        ),
        next_step=Sentence(
            "take questions in between, draw with more variety (--sampling.temperature 1, a larger --rl.group_size), "
            "and next time a lower --optim.lr",
            "换难度居中的题，让回答更多样（--sampling.temperature 1，调大 --rl.group_size），下次把 --optim.lr 调低",
        ),
    ),
    "cut_off": FindingWords(
        seen=Sentence(
            "{share:.0%} of the answers are cut off at sampling.max_tokens (mean length {length:.0f})",
            "{share:.0%} 的回答写到 sampling.max_tokens 被截断（平均长度 {length:.0f}）",
        ),
        meaning=Sentence(
            "most of what is marked are fragments, and the model is taught by the marks of fragments",
            "打分打的多半是半截话，模型学的也是半截话的分数",
        ),
        next_step=Sentence(
            "raise --sampling.max_tokens, or fine-tune on answers that end (homeschool sft)",
            "调大 --sampling.max_tokens，或者先用写得完的回答微调（homeschool sft）",
        ),
    ),
    "scorer_fails_more": FindingWords(
        seen=Sentence(
            "{share:.1%} of the answers get no mark, {share_before:.1%} at the start",
            "{share:.1%} 的回答没有分数，开头是 {share_before:.1%}",
        ),
        meaning=Sentence(
            "the policy writes more and more of what the reward function cannot handle; these answers do not train",
            "策略写出越来越多奖励函数对付不了的东西，这些回答不参与训练",
        ),
        next_step=Sentence(
            "look for scorer_error and scorer_timeout in rollouts.jsonl, and make the function handle any text",
            "在 rollouts.jsonl 里找 scorer_error 和 scorer_timeout，让函数能应付任何文字",
        ),
    ),
    "entropy_collapses": FindingWords(
        seen=Sentence(
            "the entropy fell from {before:.3g} to {entropy:.3g} nats per token, at a mean reward of {mean:.3g}",
            "熵从 {before:.3g} 掉到每 token {entropy:.3g} nat，平均奖励 {mean:.3g}",
        ),
        meaning=Sentence(
            "the policy nearly always writes the same and no longer finds anything better",
            "策略几乎总写同样的话，再也碰不到更好的答法",
        ),
        next_step=Sentence(
            "go back to an earlier checkpoint; lower --optim.lr, raise --rl.clip_high to 0.28, or charge a KL "
            "(--rl.kl_coef 0.02)",
            "回到更早的检查点；调低 --optim.lr，把 --rl.clip_high 提到 0.28，或者收一点 KL（--rl.kl_coef 0.02）",
        ),
    ),
    "critic_explains_nothing": FindingWords(
        seen=Sentence(
            "the critic's explained variance is {share:z.2f} (below {limit:g}; 1 is a perfect forecast, 0 none)",
            "评论家的解释方差是 {share:z.2f}（低于 {limit:g}；1 表示估得分毫不差，0 表示什么也没估出来）",
        ),
        meaning=Sentence(
            "it does not know yet which answers will earn more: for the price of a second model it gives no more than "
            "one mean for all questions",
            "它还看不出哪些回答会得分更高：多养了一个模型，效果只抵得上给所有题一个平均分",
        ),
        next_step=Sentence(
            "give it time, or raise --critic.lr; if it stays so, the mean of a group knows more for less (--algo grpo)",
            "再等等，或者调大 --critic.lr；一直这样的话，组内平均更便宜，知道得还更多（--algo grpo）",
        ),
    ),
    "longer_not_better": FindingWords(
        seen=Sentence(
            "answers grew from {length_before:.0f} to {length:.0f} tokens; the reward changed by {change:+.3g} "
            "[{low:+.3g}, {high:+.3g}]",
            "回答从 {length_before:.0f} 个 token 涨到 {length:.0f} 个，奖励只变了 {change:+.3g} "
            "[{low:+.3g}, {high:+.3g}]",
        ),
        meaning=Sentence(
            "the extra words earn nothing and cost time; dividing by the length makes long wrong answers cheap",
            "多出来的字不挣分，只费时间；按长度平均会让又长又错的回答受罚更轻",
        ),
        next_step=Sentence(
            "use an aggregation that does not divide by the length (--algo dr_grpo), or lower --sampling.max_tokens",
            "改用不按长度平均的聚合（--algo dr_grpo），或者调小 --sampling.max_tokens",
        ),
    ),
    "no_learning": FindingWords(
        seen=Sentence(
            "no progress: over these steps the reward changed by {change:+.3g} [{low:+.3g}, {high:+.3g}], mean "
            "{mean:.3g}",
            "没有进步：这些步里奖励变化 {change:+.3g} [{low:+.3g}, {high:+.3g}]，平均 {mean:.3g}",
        ),
        meaning=Sentence(
            "the reward is where it began, and the interval leaves no room for a rise worth having",
            "奖励还在起点，区间里也容不下像样的提升",
        ),
        next_step=Sentence(
            "three times the --optim.lr, or more --prompts per step for a clearer signal; without --rl.kl_coef if a KL "
            "is charged",
            "把 --optim.lr 乘以三，或者每步多出些题（--prompts）让信号更清楚；收了 KL 的话，去掉 --rl.kl_coef",
        ),
    ),
    "too_easy": FindingWords(
        seen=Sentence(
            "{share:.0%} of the groups tie, at a mean reward of {mean:.3g}",
            "{share:.0%} 的组全组同分，平均奖励 {mean:.3g}",
        ),
        meaning=Sentence(
            "nothing is left to learn here: nearly every answer earns the best mark",
            "这里没什么可学的了：几乎每个回答都拿最高分",
        ),
        next_step=Sentence(
            "stop here, or go on with a harder task from this checkpoint",
            "到此为止，或者从这个检查点换更难的任务",
        ),
    ),
    "plateau": FindingWords(
        seen=Sentence(
            "the reward has risen and now stands still: {change:+.3g} [{low:+.3g}, {high:+.3g}], mean {mean:.3g}",
            "奖励涨过，现在停住了：{change:+.3g} [{low:+.3g}, {high:+.3g}]，平均 {mean:.3g}",
        ),
        meaning=Sentence(
            "more of the same steps will hardly change it",
            "照这样再跑下去，不会有多大变化",
        ),
        next_step=Sentence(
            "stop here, or go on from this checkpoint with more --prompts per step or other questions",
            "到此为止，或者从这个检查点接着来，每步多出些题（--prompts），或者换一批题",
        ),
    ),
    "gradient_always_clipped": FindingWords(
        seen=Sentence(
            "every gradient is clipped: norms from {lowest:.3g}, {norm:.3g} on average, optim.grad_clip is {limit:g}",
            "每个梯度都被裁剪：范数最小 {lowest:.3g}，平均 {norm:.3g}，而 optim.grad_clip 是 {limit:g}",
        ),
        meaning=Sentence(
            "each step has the same size whatever its evidence. Adam forgives that; audited rewards do not",
            "不管证据强弱，每一步都一样大。Adam 不在乎这个，抽查改分的奖励在乎",
        ),
        next_step=Sentence(
            "nothing, if the reward rises; else raise --optim.grad_clip and lower --optim.lr",
            "奖励在涨就不用管；否则调大 --optim.grad_clip，调低 --optim.lr",
        ),
    ),
    "loss_is_zero": FindingWords(
        seen=Sentence(
            "the loss is 0 (at most {loss:.1g}), the gradient is not ({gradient:.2g})",
            "损失是 0（不超过 {loss:.1g}），梯度不是（{gradient:.2g}）",
        ),
        meaning=Sentence(
            "it has to be: an advantage is the distance from a mean, so gains and losses cancel. Learning goes on",
            "本来就该是 0：优势是与平均的差，正负相抵。学习照常进行",
        ),
        next_step=Sentence(
            "look at reward/mean, reward/zero_std_group_frac and the check exam instead",
            "要看的是 reward/mean、reward/zero_std_group_frac 和检查考试",
        ),
    ),
}
