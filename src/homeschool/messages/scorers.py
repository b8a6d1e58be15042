"""How a reward function is called, and what the trial at the start of a run showed of it."""

from homeschool.messages.sentence import Sentence

CONVENTIONS = {
    "batch": Sentence(
        "f(prompts, completions, **columns) -> a list with one number or None per completion",
        "f(prompts, completions, **columns) -> 列表，每个回答对应一个数或 None",
    ),
    "verl": Sentence(
        "f(data_source, solution_str, ground_truth, extra_info) -> a number or {{'score': number}}",
        "f(data_source, solution_str, ground_truth, extra_info) -> 一个数，或 {{'score': 数}}",
    ),
    "reasoning_gym": Sentence(
        "f(answer, entry) -> a number; answer is the completion, entry the item",
        "f(answer, entry) -> 一个数；answer 是回答，entry 是题目",
    ),
    "verifiers": Sentence(
        "f(completion, prompt, answer, info, state, ...) -> a number, any of these in any order, async or not",
        "f(completion, prompt, answer, info, state, ...) -> 一个数；参数取其中几个、什么顺序都行，async 也行",
    ),
}
CALLED_AS = Sentence("{name} is called as {convention}", "{name} 的调用方式：{convention}")
SAME_TWICE = Sentence("{ms:.3g} ms per completion, the same scores twice", "每个回答 {ms:.3g} 毫秒，两次打分一样")
OTHER_SCORES = Sentence(
    "{ms:.3g} ms per completion, other scores when called again", "每个回答 {ms:.3g} 毫秒，再打一次分数就变了"
)
TRIAL_FINDING = Sentence(
    "{count} of {trials} trial completions: {finding}", "试了 {trials} 个回答，{count} 个 {finding}"
)
