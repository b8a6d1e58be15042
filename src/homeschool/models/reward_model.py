"""Reward models: a decoder that ends in one number, and the folder it lives in.

The folder is that of ``AutoModelForSequenceClassification`` with one label: the weights of the decoder under
``model.``, and the head, ``score.weight`` [1, hidden_size] without a bias, in fp32. So ``transformers`` opens what is
saved here, and reward models trained elsewhere in these families open here. The score of an answer is the head on the
hidden state after its last token, which is the stop token.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from homeschool import text
from homeschool.errors import ModelError
from homeschool.messages.refusals import models as say
from homeschool.models.decoder import Decoder, DecoderConfig
from homeschool.models.load import (
    FAMILIES,
    Policy,
    choose_dtype,
    decoder_config,
    find_folder,
    is_reward_model,
    load_decoder,
    read_json,
    save_model,
)
from homeschool.streams import stream


class RewardDecoder(Decoder):
    """A decoder with a score head in place of the language-model head; the head is zero until it is drawn or loaded."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__(config)
        self.lm_head = nn.Identity()  # type: ignore[assignment]
        self.score = nn.Linear(config.hidden_size, 1, bias=False, dtype=torch.float32)
        nn.init.zeros_(self.score.weight)

    def scores(self, hidden: Tensor) -> Tensor:
        """[..., hidden_size] -> [...], fp32: scores are compared, and bf16 would call close ones equal."""
        out: Tensor = self.score(hidden.float()).squeeze(-1)
        return out

    @property
    def body(self) -> Decoder:
        """The decoder without the head, on the very same weights: what a critic can start from."""
        with torch.device("meta"):
            body = Decoder(self.config)
        body.model, body.lm_head = self.model, nn.Identity()  # type: ignore[assignment]
        return body


@dataclass
class RewardModel(Policy):
    """A reward model and the tokenizer it reads with; it is saved, resumed and optimised as a policy is."""

    model: RewardDecoder

    def save(self, folder: Path, card: str = "") -> None:
        """Write a folder that ``AutoModelForSequenceClassification`` and :func:`load_reward_model` open."""
        save_model(self.model, folder)
        path = folder / "config.json"
        settings = read_json(path)
        settings["architectures"] = [settings["architectures"][0].replace("ForCausalLM", "ForSequenceClassification")]
        settings |= {"id2label": {"0": "score"}, "label2id": {"score": 0}}
        if self.tokenizer.pad_id not in self.tokenizer.stop_ids:
            # Theirs reads the score at the last token that is no padding. Where padding and stop are one token, that
            # would not be the stop token, so padding stays unnamed and they ask for one sequence at a time.
            settings["pad_token_id"] = self.tokenizer.pad_id
        path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        self.tokenizer.save(folder)
        (folder / "README.md").write_text(card or reward_card(self), encoding="utf-8")


def build_reward_model(policy: Policy, seed: int = 0) -> RewardModel:
    """A reward model that starts from a copy of the policy's weights: it has read the same books.

    The head is drawn from a normal distribution of variance 1 / (hidden_size + 1) (arXiv:2009.01325, appendix B.1): at
    zero it would pass no gradient on to the body, and a rule that a small model learned from the random one in 150
    steps was half learned. Another seed gives another head, which is all by which the members of an ensemble differ at
    the start. ModelError for an architecture that runs through ``transformers``.
    """
    start = require_decoder(policy)
    with torch.device("meta"):
        model = RewardDecoder(start.config)
    model.model = copy.deepcopy(start.model)
    size = start.config.hidden_size
    drawn = stream(seed, "score head").standard_normal((1, size)) / (size + 1) ** 0.5
    model.score.weight = nn.Parameter(torch.tensor(drawn, dtype=torch.float32, device=start.device))
    return RewardModel(model, policy.tokenizer, policy.name)


def require_decoder(policy: Policy) -> Decoder:
    """The policy's model, or a ModelError where no reward model can be made of it."""
    if type(policy.model) is not Decoder:
        family, families = policy.model.config.family, ", ".join(FAMILIES)
        raise ModelError(say.NOT_FOR_REWARD(name=policy.name, family=family, families=families))
    return policy.model


def load_reward_model(source: str | Path, dtype: str = "auto", device: str = "cpu") -> RewardModel:
    """Open the folder of a reward model, or the last checkpoint of a run that trained one.

    For whoever builds on it, a critic say: ``.model.body`` is the decoder without a head on the loaded weights, and
    ``.model.score.weight`` the head, fp32 [1, hidden_size], without a bias; ``.tokenizer`` is what it reads with.
    ``dtype`` and ``device`` as in ``load_policy``; the head is fp32 in any case. Raises ModelError with the way out for
    a folder that holds something else.
    """
    folder = find_folder(source)
    settings = read_json(folder / "config.json")
    if not is_reward_model(settings):
        raise ModelError(say.NOT_A_REWARD_MODEL(source=source))
    config = decoder_config(settings)
    if config is None:
        family, families = settings.get("model_type"), ", ".join(FAMILIES)
        raise ModelError(say.OTHER_REWARD_MODEL(source=source, family=family, families=families))
    model = load_decoder(folder, config, choose_dtype(dtype, settings, device), device, RewardDecoder)
    tokenizer = text.load_tokenizer(folder)
    text.check_vocabulary(tokenizer, config.vocab_size)
    return RewardModel(model, tokenizer, str(source))


def require_same_tokenizer(reward: RewardModel, policy: Policy) -> None:
    """ModelError unless both read and write the same ids: a reward model scores the very tokens that were sampled."""
    ours, theirs = reward.tokenizer, policy.tokenizer
    difference = _difference(ours, theirs)
    if difference:
        raise ModelError(say.OTHER_TOKENIZER(reward=reward.name, policy=policy.name, difference=difference))


def _difference(first: text.Tokenizer, second: text.Tokenizer) -> str:
    if first.vocab_size != second.vocab_size:
        return say.OTHER_SIZES(first=first.vocab_size, second=second.vocab_size)
    if first.stop_ids != second.stop_ids:
        return say.OTHER_STOPS(first=sorted(first.stop_ids), second=sorted(second.stop_ids))
    for token in range(first.vocab_size):
        pieces = first.decode([token]), second.decode([token])
        if pieces[0] != pieces[1]:
            return say.OTHER_PIECES(token=token, first=repr(pieces[0]), second=repr(pieces[1]))
    dialogue = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    if first.encode_dialogue(dialogue) != second.encode_dialogue(dialogue):
        return say.OTHER_DIALOGUES()
    return ""


def reward_card(reward: RewardModel) -> str:
    """A short README for a saved reward model."""
    config = reward.model.config
    count = sum(parameter.numel() for parameter in reward.model.parameters())
    name = Path(reward.name).name
    return (
        f"# {name}\n\n"
        f"A {config.family}-type reward model of {count:,} parameters ({config.num_layers} layers, width "
        f"{config.hidden_size}, vocabulary {config.vocab_size}), trained with homeschool on pairs of a better and a "
        f"worse answer, from `{name}`; {reward.version} weight updates.\n\n"
        "One number per answer, read at its last token. Only differences between answers to the same prompt mean "
        "something: sigmoid(a - b) is the chance that the first is the better one.\n"
    )
