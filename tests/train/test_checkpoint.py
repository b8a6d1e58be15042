"""Checkpoints: whole or absent, exact, and the last few and the best are kept."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from homeschool.config import OptimConfig
from homeschool.errors import CheckpointError
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, checkpoints, load_policy, new_decoder
from homeschool.text import CharTokenizer
from homeschool.train import checkpoint
from homeschool.train.batch import text_batch
from homeschool.train.checkpoint import Progress, load_checkpoint, prune, save_checkpoint
from homeschool.train.learner import Learner, build_learner
from homeschool.train.update import update_on_text


def learner(dtype: torch.dtype = torch.float32) -> Learner:
    tokenizer = CharTokenizer("abcd")
    shape = DecoderConfig(tokenizer.vocab_size, 16, 1, 2, 1, 8, 32, max_positions=16)
    return build_learner(Policy(new_decoder(shape, 0).to(dtype), tokenizer, "small"), OptimConfig(lr=0.01))


def train(some: Learner, steps: range) -> None:
    tokens = some.policy.tokenizer.encode("abcdabcd")
    for step in steps:
        update_on_text(some, text_batch([(tokens, [True] * len(tokens))]), step, 10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_restored_in_the_middle_equals_never_stopped(dtype: torch.dtype, tmp_path: Path) -> None:
    straight = learner(dtype)
    train(straight, range(6))
    first = learner(dtype)
    train(first, range(3))
    save_checkpoint(tmp_path, first.policy, first.state(), Progress(3))
    second = learner(dtype)
    tensors, progress, version = load_checkpoint(tmp_path / "checkpoints" / "step-000003")
    second.load_state(tensors)
    assert (progress.step, version) == (3, 3)
    train(second, range(3, 6))
    for name, tensor in straight.state().items():
        assert tensor.equal(second.state()[name]), name
    for wanted, found in zip(straight.policy.model.parameters(), second.policy.model.parameters(), strict=True):
        assert wanted.equal(found)


def test_a_checkpoint_is_a_model_folder(tmp_path: Path) -> None:
    some = learner()
    save_checkpoint(tmp_path, some.policy, some.state(), Progress(1))
    opened = load_policy(tmp_path)
    for wanted, found in zip(some.policy.model.parameters(), opened.model.parameters(), strict=True):
        assert wanted.equal(found)


def test_a_half_written_checkpoint_is_never_picked_up(tmp_path: Path) -> None:
    some = learner()
    whole = save_checkpoint(tmp_path, some.policy, some.state(), Progress(1))
    shutil.copytree(whole, whole.with_name(".draft-000002"))
    (whole.with_name(".draft-000002") / "model.safetensors").write_bytes(b"half")
    assert checkpoints(tmp_path) == [whole]
    prune(tmp_path, keep_last=2, best_step=-1)
    assert not whole.with_name(".draft-000002").exists()


def test_a_full_disk_keeps_what_was_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = learner()
    whole = save_checkpoint(tmp_path, some.policy, some.state(), Progress(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(CheckpointError, match="step-000001; free some space"):
        save_checkpoint(tmp_path, some.policy, some.state(), Progress(2))
    assert checkpoints(tmp_path) == [whole]
    assert not list((tmp_path / "checkpoints").glob(".draft*"))


def test_the_last_ones_and_the_best_are_kept(tmp_path: Path) -> None:
    some = learner()
    for step in range(1, 7):
        save_checkpoint(tmp_path, some.policy, some.state(), replace(Progress(), step=step))
    prune(tmp_path, keep_last=2, best_step=3)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-000003", "step-000005", "step-000006"]


def test_an_unreadable_state_says_what_to_do(tmp_path: Path) -> None:
    some = learner()
    folder = save_checkpoint(tmp_path, some.policy, some.state(), Progress(1))
    (folder / "state" / "state.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="delete it to resume from the one before"):
        load_checkpoint(folder)
