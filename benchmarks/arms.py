"""The contestants: one process each, kept alive between rounds, spoken to in JSON lines."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = HERE / ".work"
THREADS = 2


@dataclass(frozen=True)
class Arm:
    """One contestant: which interpreter runs which script, tuned how."""

    name: str
    script: str
    tuning: str
    venv: str = ""
    """Folder of its environment in the repository root; empty: the interpreter that runs the harness."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        return str(ROOT / self.venv / "bin" / "python") if self.venv else sys.executable


ARMS = {
    arm.name: arm
    for arm in (
        Arm("ours", "ours.py", "grpo"),
        Arm("again", "ours.py", "grpo"),
        Arm("T0", "peers/trl_grpo.py", "T0", ".venv-trl"),
        Arm("T1", "peers/trl_grpo.py", "T1", ".venv-trl"),
        Arm("ours-ppo", "ours.py", "ppo"),
        Arm("P0", "peers/trl_ppo.py", "P0", ".venv-trl112"),
        Arm("P1", "peers/trl_ppo.py", "P1", ".venv-trl112"),
        Arm("probe", "probe.py", ""),
    )
}


class ArmFailed(RuntimeError):
    """An arm died or answered with an error; the message ends with what it said last."""


class Running:
    """A started arm. ``ask`` is synchronous: while one arm works, the others wait in ``read`` and take no time."""

    def __init__(self, arm: Arm, options: dict[str, Any]) -> None:
        self.arm = arm
        self.log = WORK / "logs" / f"{arm.name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [arm.python, str(HERE / arm.script), json.dumps(options | {"tuning": arm.tuning})]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment() | arm.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("w"),
            text=True,
            bufsize=1,
        )
        self._read("ready")

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"op": op} | fields) + "\n")
        return self._read(op)

    def close(self) -> None:
        if self._process.poll() is None and self._process.stdin:
            self._process.stdin.close()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def _read(self, op: str) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ArmFailed(f'arm "{self.arm.name}" ended during "{op}"; end of {self.log}:\n{self._last_words()}')
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise ArmFailed(f'arm "{self.arm.name}" failed at "{op}":\n{reply["error"]}')
        return reply

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _environment() -> dict[str, str]:
    """The same pool of threads for everyone, and no network."""
    return os.environ | {
        "OMP_NUM_THREADS": str(THREADS),
        "MKL_NUM_THREADS": str(THREADS),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TRL_EXPERIMENTAL_SILENCE": "1",
        "PYTHONWARNINGS": "ignore",
    }
