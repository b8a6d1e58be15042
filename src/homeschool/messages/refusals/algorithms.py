"""What is said of columns of the algorithm table that cannot be meant: the reason, and the way out."""

from homeschool.messages.sentence import Sentence

# a single column
NO_COLUMN = Sentence('unknown column "{name}" of an algorithm{nearest}', "算法没有“{name}”这一列{nearest}")
NOT_A_CHOICE = Sentence('{name} is "{value}"{nearest}', "{name} 不能是“{value}”{nearest}")
UNREAD = Sentence(
    '{name} is {value}, but nothing reads it while {selector} is "{selected}"; leave it out, or set {selector} to '
    "{readers}",
    '{name} 设成了 {value}，可 {selector} 是 "{selected}" 时它不起作用；去掉它，或者把 {selector} 设成 {readers}',
)
OR = Sentence(" or ", " 或 ")
ABOVE_ZERO = Sentence("a number above 0", "大于 0 的数")
DISTANCE_FROM_ONE = Sentence(
    "a distance from a ratio of 1: clip_low from 0 to 1, clip_high at least 0",
    "概率比到 1 的距离：clip_low 从 0 到 1，clip_high 不小于 0",
)

# the baseline
GROUP_OF_ONE = Sentence(
    'group_size is {group_size} but advantage "{advantage}" compares answers to the same prompt and needs at least 2; '
    'set rl.group_size, or use advantage "gae" (--algo ppo) or "tracker" (--algo spo)',
    'group_size 是 {group_size}，而 advantage "{advantage}" 要拿同一个提示的回答互相比，至少要 2 个；调大 '
    'rl.group_size，或者用 advantage "gae"（--algo ppo）或 "tracker"（--algo spo）',
)
GROUP_FOR_TRACKER = Sentence(
    'group_size is {group_size}, but advantage "tracker" stands in for a group where there is none '
    '(arXiv:2509.13232); set group_size 1, or advantage "leave_one_out", which asks the group itself',
    'group_size 是 {group_size}，而 advantage "tracker" 是没有同组回答可比时的替代（arXiv:2509.13232）；设 '
    'group_size 1，或者用 advantage "leave_one_out"，直接跟同组比',
)
NO_PASS_RATE = Sentence(
    'advantage "{advantage}" reads rewards as pass rates from 0 to 1, and overlong or a KL in the reward takes them '
    "below 0; set overlong 0 and kl_in none or loss",
    'advantage "{advantage}" 把奖励当作 0 到 1 的通过率，而 overlong 和奖励里的 KL 会让奖励低于 0；设 overlong 0，'
    "kl_in 设成 none 或 loss",
)
WHITENS_ANSWERS = Sentence(
    'whiten "{whiten}" scales answers, but a critic judges single tokens; use whiten "tokens" or "none"',
    'whiten "{whiten}" 按整条回答缩放，而评论家评的是单个 token；用 whiten "tokens" 或 "none"',
)
STANDARDIZED_ELSEWHERE = Sentence(
    'combine "standardized" standardises each mark within its group (GDPO, arXiv:2601.05242), but advantage is '
    '"{advantage}"; set advantage "group_standardized"',
    'combine "standardized" 先把每个打分函数的分各自在组内标准化（GDPO，arXiv:2601.05242），而 advantage 是 '
    '"{advantage}"；设 advantage "group_standardized"',
)
STANDARDIZED_MARKS_ONLY = Sentence(
    'combine "standardized" adds up marks, and overlong and a KL in the reward are none; set overlong 0 and kl_in '
    '"loss" or "none"',
    'combine "standardized" 合的是打分函数的分，overlong 和奖励里的 KL 都不是；设 overlong 0，kl_in 设成 "loss" 或 '
    '"none"',
)
RESAMPLE_FOR_ONE = Sentence(
    "resample replaces groups whose answers all earned the same, and a group of one always does; set it to 0",
    "resample 换掉全组同分的题，而一组只有一个回答时总是同分；把它设成 0",
)

# the update
NO_RATIO = Sentence(
    'surrogate "{surrogate}" clips a ratio or weighs by it, but ratio is "none"; set ratio "token" or surrogate '
    '"logprob"',
    'surrogate "{surrogate}" 要裁剪概率比，或者拿它当权重，而 ratio 是 "none"；设 ratio "token"，或者 surrogate '
    '"logprob"',
)
UNUSED_RATIO = Sentence(
    'surrogate "logprob" has no ratio, but ratio is "{ratio}"; set ratio "none" or surrogate "clip"',
    'surrogate "logprob" 不用概率比，而 ratio 是 "{ratio}"；设 ratio "none"，或者 surrogate "clip"',
)
LOGPROB_TWICE = Sentence(
    'surrogate "logprob" is exact for one update per batch, but epochs x minibatches is {updates}; set both to 1 or '
    'use surrogate "clip"',
    'surrogate "logprob" 只有每批更新一次才准确，而 epochs × minibatches 是 {updates}；两个都设成 1，或者用 surrogate '
    '"clip"',
)
MASK_OF_TOKENS = Sentence(
    'surrogate "divergence_mask" judges single tokens, but ratio is "{ratio}"; set ratio "token"',
    'surrogate "divergence_mask" 逐个 token 判断，而 ratio 是 "{ratio}"；设 ratio "token"',
)
MISMATCH_TWICE = Sentence(
    'surrogate "divergence_mask" compares with the sampler itself (arXiv:2602.04879), so weights between sampler and '
    'trainer would count twice; set mismatch "none"',
    'surrogate "divergence_mask" 直接拿采样时的概率来比较（arXiv:2602.04879），采样和训练之间的权重就会算两遍；设 '
    'mismatch "none"',
)
DUAL_CLIP_TOO_LOW = Sentence(
    "dual_clip is {dual_clip}, expected a ratio above 1 + clip_high = {bound:g}, or 0 (off)",
    "dual_clip 是 {dual_clip}，应该是大于 1 + clip_high = {bound:g} 的概率比，或者 0（不用）",
)

# the KL
K1_IN_LOSS = Sentence(
    "k1 in the loss has a gradient of mean zero: it punishes nothing (arXiv:2512.21852); use k2, exact, or k3 with "
    "kl_corrected there, or kl_in reward",
    "k1 放在损失里，梯度的均值是 0，什么也罚不到（arXiv:2512.21852）；损失里用 k2、exact，或者 k3 加 kl_corrected，"
    "不然就设 kl_in reward",
)
NOTHING_TO_MEND = Sentence(
    'kl_corrected mends the gradient of k3 in the loss (arXiv:2512.02556), but kl_in is "{kl_in}" and kl_estimator '
    '"{kl_estimator}", which need no mending; set kl_corrected false',
    'kl_corrected 纠正的是损失里 k3 的梯度（arXiv:2512.02556），而 kl_in 是 "{kl_in}"，kl_estimator 是 '
    '"{kl_estimator}"，用不着纠正；设 kl_corrected false',
)
NO_KL_TO_HOLD = Sentence(
    'kl_control "{kl_control}" holds a KL: set kl_target above 0, and kl_in to reward or loss',
    'kl_control "{kl_control}" 要把 KL 稳在一个值上：kl_target 要大于 0，kl_in 要设成 reward 或 loss',
)
STAYS_ZERO = Sentence(
    'kl_control "{kl_control}" moves kl_coef in proportion to its first value (arXiv:1909.08593), and from 0 it stays '
    "0; set kl_coef above 0",
    'kl_control "{kl_control}" 按 kl_coef 的初值成比例地调整它（arXiv:1909.08593），从 0 开始就一直是 0；kl_coef 要'
    "大于 0",
)

# the critic
CRITIC_NEVER_LEARNS = Sentence(
    'advantage "gae" trusts a critic, which with value_coef 0 never learns; set value_coef, for instance 0.5',
    'advantage "gae" 要靠评论家，而 value_coef 是 0，评论家永远不学；设 value_coef，例如 0.5',
)
NO_LAYERS_OF_ITS_OWN = Sentence(
    'critic_layers is {critic_layers}, but a critic of kind "shared" sits on top of the policy and has no layers of '
    'its own; set critic_layers 0, or critic "separate"',
    'critic_layers 是 {critic_layers}，而 "shared" 的评论家架在策略上面，没有自己的层；设 critic_layers 0，或者 '
    'critic "separate"',
)
NO_ENTROPY_TO_MASK = Sentence(
    "critic_entropy_mask {mask:g} takes tokens out of the bonus for entropy (arXiv:2510.01656), but there is none; "
    "set entropy_coef, for instance 0.001, or critic_entropy_mask 0",
    "critic_entropy_mask 是 {mask:g}，要让一部分 token 不拿熵奖励（arXiv:2510.01656），可这里没有熵奖励；设 "
    "entropy_coef，例如 0.001，或者 critic_entropy_mask 0",
)
LAMBDA_TWICE = Sentence(
    "gae_length_alpha {alpha:g} chooses lambda by the length of each answer, so gae_lambda {gae_lambda:g} is read by "
    "nothing; set gae_lambda 1, or gae_length_alpha 0",
    "gae_length_alpha 是 {alpha:g}，λ 由每个回答的长度来定，gae_lambda {gae_lambda:g} 就不起作用；设 gae_lambda 1，"
    "或者 gae_length_alpha 0",
)

# the tracker, during a run
NOT_A_PASS_RATE = Sentence(
    "the reward of prompt {prompt!r} is {reward}, but the tracker counts passes and needs rewards in [0, 1]; scale "
    'the reward, or use advantage "leave_one_out" with a group',
    "提示 {prompt!r} 的奖励是 {reward}，而 tracker 记的是通过率，奖励要在 [0, 1] 之内；把奖励缩放到 0 到 1，或者用 "
    'advantage "leave_one_out"，一组写几个回答',
)
