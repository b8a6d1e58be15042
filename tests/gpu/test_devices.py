"""No operation of a step mixes devices, shown without a GPU: see ``pretended``."""

import subprocess
import sys
from pathlib import Path

import pytest
from torch.utils import backend_registration


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"), reason="needs torch 2.10"
)
def test_steps_on_a_device_of_their_own_do_what_they_do_on_the_cpu() -> None:
    """Sampling, all kinds of losses, critics, checkpoints, reward models and a guard's reading."""
    driver = Path(__file__).with_name("devices.py")
    result = subprocess.run([sys.executable, str(driver)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.count(" ok\n") == 8
