"""The cases of the oracle: which batch goes through which of our rows and through which setting of the peer.

Standard library only, no model: what a case needs of the weights (log-probabilities as sampled) is added by
``oracle.py``. A case is written out as JSON and read by every side, so all sides are given the same numbers.
"""

import random
from dataclasses import asdict, dataclass, field
from typing import Any

PAD, END, UNKNOWN, FIRST_WORD, VOCAB = 0, 1, 2, 3, 24
LONGEST = 8
"""Most tokens in one answer; an answer of this length without END was cut off."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Prompts, answers and marks. Answers to one prompt are all different, so that a peer's scorer can tell them."""

    prompts: list[list[int]]
    answers: list[list[list[int]]]
    marks: list[list[list[float | None]]]
    """For each answer one mark per scorer; None where the scorer had nothing to say."""


def batches() -> dict[str, Batch]:
    """Every batch by name."""
    return {
        "mixed": _batch("mixed", (3, 6, 4), ((3, 8, 5, 2), (8, 4, 6, 8), (2, 7, 8, 3)), cut=(1, 4, 7, 10), tied=(1,)),
        "pairs": _batch("pairs", (4, 2, 5, 3), ((6, 3), (8, 5), (2, 4), (7, 8)), cut=(2, 7), scorers=2),
        "even": _batch("even", (4,) * 6, ((LONGEST,),) * 6),
        "single": _batch("single", (3, 6, 4, 5, 2, 4, 3, 5), ((3,), (8,), (5,), (2,), (8,), (4,), (7,), (6,))),
        "cut": _batch("cut", (4, 3, 5, 2), ((8,), (8,), (8,), (8,)), cut=(1, 2)),
        "unmarked": _batch("unmarked", (3, 4), ((3, 8, 5, 2), (6, 4, 7, 5)), unmarked=(2, 5)),
    }


def _batch(
    name: str,
    prompts: tuple[int, ...],
    answers: tuple[tuple[int, ...], ...],
    cut: tuple[int, ...] = (),
    tied: tuple[int, ...] = (),
    unmarked: tuple[int, ...] = (),
    scorers: int = 1,
) -> Batch:
    """Lengths in, tokens out. ``cut`` and ``unmarked`` number the answers of the batch, ``tied`` its groups."""
    draw = random.Random(f"oracle/{name}")

    def words(count: int) -> list[int]:
        return [draw.randrange(FIRST_WORD, VOCAB) for _ in range(count)]

    numbers = iter(range(sum(map(len, answers))))
    batch = Batch([words(length) for length in prompts], [], [])
    for group, lengths in enumerate(answers):
        batch.answers.append([])
        batch.marks.append([])
        for length in lengths:
            number = next(numbers)
            batch.answers[-1].append(words(length) if number in cut else [*words(length - 1), END])
            marks = [1.0 if group in tied else draw.choice((0.0, 0.25, 1.0, 2.0)) for _ in range(scorers)]
            batch.marks[-1].append([None] * scorers if number in unmarked else [*marks])
    return batch


@dataclass(frozen=True)
class Case:
    """One comparison."""

    name: str
    claim: str
    """What is the same on both sides if the case passes."""
    peer: str
    """grpo, rloo (TRL 1.16) or ppo (TRL 1.12)."""
    batch: str
    algo: str
    """Our row ..."""
    columns: Json
    """... and what is set by hand in it."""
    settings: Json
    """The peer's configuration."""
    family: str = "llama"
    stale: bool = True
    """The weights have moved since the answers were sampled, so the ratio is not 1."""
    temperature: float = 1.0
    micro_batches: int = 1
    """Into how many the peer cuts the batch; ours is cut by a token budget of its own."""
    differences: tuple[str, ...] = ()
    """Names in ``docs/differences.json``: on purpose we compute something else, and without exactly these the same."""
    recorded: bool = False
    """Part of the fixture that the default suite replays."""
    extras: Json = field(default_factory=dict)
    """What single cases need besides: ``sampler_noise`` (nats between sampler and trainer), ``reward_weights``,
    ``overlong`` (tokens of the peer's penalty zone), ``mask_cut`` (answers that were cut off do not train)."""

    def written_out(self) -> Json:
        """The case with its batch."""
        return asdict(self) | {"answers": asdict(batches()[self.batch])}


FOUR = {"group_size": 4}
ONE_UPDATE = {"minibatches": 1}
NO_KL = {"kl_in": "none"}
PLAIN_K3 = {"beta": 0.04, "use_bias_correction_kl": False}
PPO = {"epochs": 1}
PEER_PPO = {"kl_coef": 0.05, "vf_coef": 0.1}

CASES = (
    Case(
        "grpo",
        "group_standardized, token ratio, clip, sequence_mean, k3 in the loss; ratios beyond both ends of the clip, "
        "a group that ties, answers that were cut off",
        "grpo",
        "mixed",
        "grpo",
        FOUR,
        {"loss_type": "grpo"} | PLAIN_K3,
        recorded=True,
    ),
    Case(
        "grpo-first-update",
        "the same before the weights have moved: the value of the loss is that of the KL, the gradient is whole",
        "grpo",
        "mixed",
        "grpo",
        FOUR,
        {"loss_type": "grpo"} | PLAIN_K3,
        stale=False,
    ),
    Case(
        "grpo-qwen2-cool",
        "the same in a Qwen2-shaped model at temperature 0.7, without KL, with a lower and a higher end of the clip",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"clip_low": 0.1, "clip_high": 0.28},
        {"loss_type": "grpo", "epsilon": 0.1, "epsilon_high": 0.28},
        family="qwen2",
        temperature=0.7,
        recorded=True,
    ),
    Case(
        "grpo-micro-batches",
        "the same whatever either side cuts the batch into",
        "grpo",
        "mixed",
        "grpo",
        FOUR,
        {"loss_type": "grpo"} | PLAIN_K3,
        micro_batches=3,
    ),
    Case(
        "kl-corrected",
        "kl_corrected: k3 times the ratio, with the gradient through both, which is the peer's default",
        "grpo",
        "mixed",
        "grpo",
        FOUR | {"kl_corrected": True},
        {"loss_type": "grpo", "beta": 0.04},
        recorded=True,
    ),
    Case(
        "dual-clip",
        "dual_clip, which the peer calls delta, where a bad answer became 1.25 times as likely",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"dual_clip": 1.25},
        {"loss_type": "grpo", "delta": 1.25},
        recorded=True,
    ),
    Case(
        "masked",
        "loss_mask: answers that were cut off train nothing, and are still counted by sequence_mean",
        "grpo",
        "mixed",
        "grpo",
        FOUR,
        {"loss_type": "grpo", "mask_truncated_completions": True} | PLAIN_K3,
        extras={"mask_cut": True},
    ),
    Case(
        "masked-token-mean",
        "the same under token_mean: tokens that train nothing are not in the denominator",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"aggregation": "token_mean"},
        {"loss_type": "dapo", "mask_truncated_completions": True},
        micro_batches=2,
        extras={"mask_cut": True},
    ),
    Case(
        "dr-grpo",
        "group_mean, constant_length",
        "grpo",
        "mixed",
        "dr_grpo",
        FOUR,
        {"loss_type": "dr_grpo", "scale_rewards": "none"},
        micro_batches=3,
        recorded=True,
    ),
    Case(
        "dapo",
        "token_mean over the whole batch, a higher upper clip, the soft penalty for overlong answers",
        "grpo",
        "mixed",
        "dapo",
        FOUR | ONE_UPDATE | {"resample": 0, "overlong": 0.5},
        {"loss_type": "dapo", "epsilon_high": 0.28},
        micro_batches=3,
        extras={"overlong": LONGEST // 2},
        recorded=True,
    ),
    Case(
        "bnpo",
        "token_mean on one micro-batch, which the peer calls bnpo",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"aggregation": "token_mean"},
        {"loss_type": "bnpo"},
    ),
    Case(
        "bnpo-micro-batches",
        "bnpo on three micro-batches is the mean of three token means, not ours of the whole batch",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"aggregation": "token_mean"},
        {"loss_type": "bnpo"},
        micro_batches=3,
        differences=("micro_batch_mean",),
    ),
    Case(
        "entropy",
        "entropy_coef under token_mean",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"aggregation": "token_mean", "entropy_coef": 0.02},
        {"loss_type": "bnpo", "entropy_coef": 0.02},
        recorded=True,
    ),
    Case(
        "entropy-sequence-mean",
        "entropy_coef under sequence_mean",
        "grpo",
        "mixed",
        "grpo",
        FOUR | NO_KL | {"entropy_coef": 0.02},
        {"loss_type": "grpo", "entropy_coef": 0.02},
        differences=("entropy_by_aggregation",),
    ),
    Case(
        "cispo",
        "stop_gradient weights; some above the cap",
        "grpo",
        "mixed",
        "cispo",
        FOUR | ONE_UPDATE | {"resample": 0, "overlong": 0.0, "clip_high": 0.1},
        {"loss_type": "cispo", "epsilon_high": 1.1},
        micro_batches=2,
        recorded=True,
    ),
    Case(
        "sapo",
        "soft_gate with a temperature for good answers and one for bad ones",
        "grpo",
        "mixed",
        "sapo",
        FOUR | ONE_UPDATE,
        {"loss_type": "sapo"},
        micro_batches=2,
        recorded=True,
    ),
    Case(
        "gspo",
        "the ratio of the whole answer, at the paper's clip, which leaves only what comes back towards 1",
        "grpo",
        "mixed",
        "gspo",
        FOUR | ONE_UPDATE,
        {"loss_type": "grpo", "importance_sampling_level": "sequence", "epsilon": 3e-4, "epsilon_high": 4e-4},
        recorded=True,
    ),
    Case(
        "gspo-wide",
        "the same with a clip that lets some answers through on both sides",
        "grpo",
        "mixed",
        "gspo",
        FOUR | ONE_UPDATE | {"clip_low": 0.05, "clip_high": 0.05},
        {"loss_type": "grpo", "importance_sampling_level": "sequence", "epsilon": 0.05},
        micro_batches=3,
    ),
    Case(
        "gspo-kl",
        "the same with k3 in the loss",
        "grpo",
        "mixed",
        "gspo",
        FOUR | ONE_UPDATE | {"clip_low": 0.05, "clip_high": 0.05, "kl_in": "loss", "kl_coef": 0.04},
        {"loss_type": "grpo", "importance_sampling_level": "sequence", "epsilon": 0.05} | PLAIN_K3,
        micro_batches=2,
    ),
    Case(
        "luspo",
        "the ratio of the whole answer with sequence_sum, which the peer calls luspo",
        "grpo",
        "mixed",
        "gspo",
        FOUR | ONE_UPDATE | {"aggregation": "sequence_sum", "clip_low": 0.05, "clip_high": 0.05},
        {"loss_type": "luspo", "importance_sampling_level": "sequence", "epsilon": 0.05},
    ),
    Case(
        "lite-ppo",
        "group_mean over the deviation of the whole batch",
        "grpo",
        "mixed",
        "lite_ppo",
        FOUR,
        {"loss_type": "dapo", "scale_rewards": "batch"},
        micro_batches=2,
        recorded=True,
    ),
    Case(
        "two-scorers",
        "marks of two scorers, weighed and added before they are compared",
        "grpo",
        "pairs",
        "grpo",
        {"group_size": 2} | NO_KL,
        {"loss_type": "grpo", "reward_weights": [1.0, 0.5]},
        extras={"reward_weights": [1.0, 0.5]},
    ),
    Case(
        "gdpo",
        "marks of two scorers, each standardised in its group, weighed, added, whitened",
        "grpo",
        "pairs",
        "gdpo",
        {"group_size": 2} | ONE_UPDATE,
        {
            "loss_type": "dapo",
            "reward_weights": [1.0, 0.5],
            "multi_objective_aggregation": "normalize_then_sum",
        },
        differences=("gdpo_epsilon",),
        extras={"reward_weights": [1.0, 0.5]},
        recorded=True,
    ),
    Case(
        "unmarked",
        "an answer without a mark is in no baseline; with us it is not in the mean over answers either",
        "grpo",
        "unmarked",
        "grpo",
        FOUR | NO_KL,
        {"loss_type": "grpo"},
        differences=("unmarked_leaves",),
    ),
    *(
        Case(
            f"mismatch-{kind}-{level}",
            f"weights between sampler and trainer: {kind} at the level of the {level}",
            "grpo",
            "mixed",
            "dapo",
            FOUR
            | ONE_UPDATE
            | {"resample": 0, "overlong": 0.0, "mismatch": kind, "mismatch_level": level, "mismatch_cap": 1.2},
            {
                "loss_type": "dapo",
                "epsilon_high": 0.28,
                "vllm_importance_sampling_mode": f"{level}_{kind}",
                "vllm_importance_sampling_clip_max": 1.2,
            },
            extras={"sampler_noise": 0.3},
            recorded=(kind, level) == ("mask", "token"),
        )
        for kind in ("truncate", "mask")
        for level in ("token", "sequence")
    ),
    Case(
        "rloo",
        "leave_one_out over marks less the summed k1, sequence_sum",
        "rloo",
        "mixed",
        "rloo",
        FOUR,
        {"beta": 0.03},
        stale=False,
        differences=("rloo_loss_value",),
        recorded=True,
    ),
    Case(
        "rloo-cool-micro-batches",
        "the same at temperature 0.7 in three micro-batches, in a Qwen2-shaped model",
        "rloo",
        "mixed",
        "rloo",
        FOUR,
        {"beta": 0.03},
        family="qwen2",
        stale=False,
        temperature=0.7,
        micro_batches=3,
        differences=("rloo_loss_value",),
    ),
    Case(
        "ppo-even",
        "GAE, k1 in the reward, clips of policy and value beyond both ends; answers of one length that ended",
        "ppo",
        "even",
        "ppo",
        PPO,
        PEER_PPO,
        differences=("whiten_population",),
        recorded=True,
    ),
    Case(
        "ppo-first-update",
        "the same before the weights have moved, in a Qwen2-shaped model at temperature 0.7",
        "ppo",
        "even",
        "ppo",
        PPO,
        PEER_PPO,
        family="qwen2",
        stale=False,
        temperature=0.7,
        differences=("whiten_population",),
    ),
    Case(
        "ppo-unequal",
        "answers of unequal length, all ended",
        "ppo",
        "single",
        "ppo",
        PPO,
        PEER_PPO,
        differences=("mark_after_the_end", "value_after_the_end", "whiten_population"),
        recorded=True,
    ),
    Case(
        "ppo-cut",
        "answers of one length, some cut off, whose mark is taken as the end",
        "ppo",
        "cut",
        "ppo",
        PPO,
        PEER_PPO,
        differences=("whiten_population",),
    ),
    Case(
        "ppo-bootstrap",
        "the same with gae_bootstrap: what the critic expects beyond the cut is added",
        "ppo",
        "cut",
        "ppo",
        PPO | {"gae_bootstrap": True},
        PEER_PPO,
        differences=("cut_bootstraps", "whiten_population"),
        recorded=True,
    ),
    Case(
        "ppo-discount",
        "another discount and lambda, k3 in the reward, narrower clips",
        "ppo",
        "even",
        "ppo",
        PPO
        | {
            "gae_gamma": 0.95,
            "gae_lambda": 0.8,
            "kl_estimator": "k3",
            "clip_low": 0.1,
            "clip_high": 0.1,
            "value_clip": 0.05,
        },
        PEER_PPO | {"gamma": 0.95, "lam": 0.8, "kl_estimator": "k3", "cliprange": 0.1, "cliprange_value": 0.05},
        differences=("whiten_population",),
    ),
    Case(
        "ppo-micro-batches",
        "unequal answers in two micro-batches",
        "ppo",
        "single",
        "ppo",
        PPO,
        PEER_PPO,
        micro_batches=2,
        differences=("mark_after_the_end", "value_after_the_end", "whiten_population", "micro_batch_mean"),
    ),
)
