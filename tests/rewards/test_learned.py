"""Reward models as scorers: ensembles by hand, a prompt read once, and numbers that are not trusted."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from homeschool.config import RewardConfig
from homeschool.errors import ConfigError, ModelError
from homeschool.models.decoder import DecoderConfig
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import Policy, new_decoder
from homeschool.models.reward_model import RewardModel, build_reward_model
from homeschool.rewards.ensembles import ensemble, mean, mean_minus_variance, minimum
from homeschool.rewards.learned import LearnedScorer, is_learned, load_learned_scorer
from homeschool.rewards.marker import Marker
from homeschool.text import CharTokenizer
from homeschool.types import Completion, Prompt

LETTERS = CharTokenizer("abcdefgh")
END = 4


def policy(tokenizer: CharTokenizer = LETTERS, seed: int = 0) -> Policy:
    shape = DecoderConfig(tokenizer.vocab_size, 32, 2, 2, 1, 16, 64, max_positions=32)
    return Policy(new_decoder(shape, seed), tokenizer, "test")


def reward_model(seed: int = 0, tokenizer: CharTokenizer = LETTERS) -> RewardModel:
    reward = build_reward_model(policy(tokenizer, seed))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in reward.model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return reward


def alone(reward: RewardModel, prompt: str, answer: str) -> float:
    """The score of one dialogue by itself."""
    tokens = torch.tensor(
        reward.tokenizer.encode_dialogue(
            [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        )[0]
    )
    layout = Layout((len(tokens),))
    with torch.no_grad():
        hidden = reward.model(tokens, layout.positions(), PackedAttention(layout, torch.device("cpu")))
        return float(reward.model.scores(hidden[-1]))


def sampled(text: str, finished: bool = True) -> Completion:
    tokens = (*LETTERS.encode(text), *((END,) if finished else ()))
    return Completion(text, tokens, (0.0,) * len(tokens), "stop" if finished else "length")


# --- ensembles, by hand ---


def test_three_opinions_become_one() -> None:
    scores = [1.0, 2.0, 6.0]  # mean 3, squared distances 4, 1, 9, variance 14/3
    assert mean(scores) == 3.0
    assert minimum(scores) == 1.0
    assert mean_minus_variance(scores, 0.5) == pytest.approx(3 - 7 / 3)
    assert ensemble("mean_minus_variance", 0.5)(scores) == pytest.approx(0.6666667)
    assert (ensemble("mean", 9.0)(scores), ensemble("minimum", 9.0)(scores)) == (3.0, 1.0)


def test_one_opinion_and_agreement_cost_nothing() -> None:
    assert mean_minus_variance([2.5], 10.0) == minimum([2.5]) == mean([2.5]) == 2.5
    assert mean_minus_variance([2.5, 2.5, 2.5], 10.0) == 2.5


@pytest.mark.parametrize("join", [mean, minimum, ensemble("mean_minus_variance", 1.0)])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_one_member_without_a_number_leaves_no_number(join: Callable[[list[float]], float], bad: float) -> None:
    """In either place: min() would return whichever comes first."""
    assert not math.isfinite(join([1.0, bad]))
    assert not math.isfinite(join([bad, 1.0]))


# --- scoring ---


def test_scores_are_those_of_each_dialogue_by_itself_in_the_order_asked() -> None:
    reward = reward_model()
    scorer = LearnedScorer([reward])
    prompts, answers = ["ab", "c", "ab", "ab", "c"], ["a", "bcd", "hg", "", "fe"]
    ids = [sampled(answer).tokens for answer in answers]
    expected = [alone(reward, prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]
    assert scorer(prompts, answers, ids) == pytest.approx(expected, abs=1e-5)
    assert len({round(score, 4) for score in expected}) == 5
    small = LearnedScorer([reward], token_budget=8)
    assert small(prompts, answers, ids) == pytest.approx(expected, abs=1e-5)


def test_a_prompt_is_read_once_for_all_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    reward = reward_model()
    read: list[int] = []
    forward = reward.model.forward
    monkeypatch.setattr(
        reward.model, "forward", lambda tokens, *rest: read.append(len(tokens)) or forward(tokens, *rest)
    )
    prompts = ["abcdefgh", "hgfedcba"] * 4  # not neighbours
    LearnedScorer([reward])(prompts, ["a"] * 8, [sampled("a").tokens] * 8)
    assert sum(read) == 2 * (8 + 2) + 8 * 2  # each prompt with its two marks once, each answer with its end


def test_messages_are_prompts_too() -> None:
    reward = reward_model()
    prompt = [{"role": "user", "content": "ab"}]
    assert LearnedScorer([reward])([prompt], ["c"], [sampled("c").tokens]) == pytest.approx([alone(reward, "ab", "c")])


def test_an_answer_that_was_cut_off_is_judged_as_if_it_had_ended_there() -> None:
    scorer = LearnedScorer([reward_model()])
    cut, ended = sampled("abc", finished=False).tokens, sampled("abc").tokens
    assert scorer(["a"], ["abc"], [cut]) == scorer(["a"], ["abc"], [ended]) == scorer(["a"], ["abc"], [()])


def test_members_are_joined_answer_by_answer() -> None:
    members = [reward_model(seed) for seed in (0, 1, 2)]
    answers = ["a", "bc", "def"]
    ids = [sampled(answer).tokens for answer in answers]
    single = [[alone(member, "h", answer) for member in members] for answer in answers]
    strict = LearnedScorer(members, "minimum")(["h"] * 3, answers, ids)
    assert strict == pytest.approx([min(opinions) for opinions in single], abs=1e-5)
    careful = LearnedScorer(members, "mean_minus_variance", 2.0)(["h"] * 3, answers, ids)
    assert careful == pytest.approx([mean_minus_variance(opinions, 2.0) for opinions in single], abs=1e-5)


def test_a_score_that_is_no_number_is_no_mark() -> None:
    reward = reward_model()
    with torch.no_grad():
        reward.model.model.embed_tokens.weight[LETTERS.encode("g")[0]] = math.nan
    marker = Marker(LearnedScorer([reward]), max_failures=0.5)
    prompt = Prompt("1", "ab")
    marks = marker.score([prompt, prompt], [sampled("cg"), sampled("cd")])
    assert marks.scores[0] is None
    assert marks.findings == [("scorer_not_finite",), ()]
    assert marks.scores[1] == pytest.approx(alone(reward, "ab", "cd"), abs=1e-5)


def test_an_answer_beyond_the_context_costs_no_other_its_mark() -> None:
    marker = Marker(LearnedScorer([reward_model()]), max_failures=0.5)
    prompt = Prompt("1", "ab")
    marks = marker.score([prompt, prompt], [sampled("c" * 40), sampled("cd")])
    assert [score is None for score in marks.scores] == [True, False]
    assert "prompt and answer have 45 tokens, the reward model's context is 32" in marks.messages[0]


def test_the_trial_before_a_run_goes_through() -> None:
    (report,) = Marker(LearnedScorer([reward_model()])).check([Prompt("1", "ab", {"answer": "cd"})])
    assert report.deterministic
    assert report.findings == {}


# --- names ---


def saved(folder: Path, seed: int, tokenizer: CharTokenizer = LETTERS) -> str:
    reward_model(seed, tokenizer).save(folder)
    return str(folder)


def test_names_of_one_and_of_several(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a", 0), saved(tmp_path / "b", 1)
    assert is_learned(f"model:{first}") and not is_learned("reward.py:model")
    assert len(load_learned_scorer(f"model:{first}", RewardConfig(), policy()).members) == 1
    both = load_learned_scorer(f"model:{first}+{second}", RewardConfig(ensemble="minimum"), policy())
    ids = [sampled("c").tokens]
    assert both(["ab"], ["c"], ids)[0] == min(LearnedScorer([member])(["ab"], ["c"], ids)[0] for member in both.members)
    plus = saved(tmp_path / "c+d", 2)
    assert len(load_learned_scorer(f"model:{plus}", RewardConfig(), policy()).members) == 1


def test_refusals(tmp_path: Path) -> None:
    folder = saved(tmp_path / "a", 0)
    with pytest.raises(ConfigError, match=r"expected model:FOLDER, or model:A\+B\+C"):
        load_learned_scorer(f"model:{folder}+", RewardConfig(), policy())
    with pytest.raises(ConfigError, match="one reward model twice"):
        load_learned_scorer(f"model:{folder}+{folder}", RewardConfig(), policy())
    with pytest.raises(ConfigError, match=r'reward.ensemble is "minimum", but .* names one reward model'):
        load_learned_scorer(f"model:{folder}", RewardConfig(ensemble="minimum"), policy())
    with pytest.raises(ModelError, match='no model "nowhere"'):
        load_learned_scorer("model:nowhere", RewardConfig(), policy())
    with pytest.raises(ModelError, match="different tokenizers: id 5 is 'a' and 'h'"):
        load_learned_scorer(f"model:{folder}", RewardConfig(), policy(CharTokenizer("hgfedcba")))
