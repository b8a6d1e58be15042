"""Losses over pairs of scores: which of two answers to the same prompt is the better one."""

from torch import Tensor
from torch.nn.functional import softplus


def bradley_terry(chosen: Tensor, rejected: Tensor, margins: Tensor) -> Tensor:
    """How surprising it is that ``chosen`` won, when the better answer wins with the odds of its lead.

        L = -log sigmoid(s_chosen - s_rejected - margin)

    All fp32 [P], one entry per pair; the result is in nats. ``margins`` is how far the better one should lead, 0 for
    the plain loss: with one, sigmoid(s_chosen - s_rejected) is no longer a chance. Equal scores without a margin give
    log 2. Written as softplus, so a lead of -1000 costs 1000 and not infinity, with a gradient of -1.

    Bradley and Terry (1952); as a reward model's loss arXiv:1706.03741; the margin arXiv:2307.09288.
    """
    return softplus(rejected + margins - chosen)


def centring(chosen: Tensor, rejected: Tensor) -> Tensor:
    """What keeps scores near 0, where the comparison alone leaves their level free.

        C = (s_chosen + s_rejected)^2

    All fp32 [P]. Adding a constant to every score changes no comparison, so two models of one ensemble may differ by
    any constant, and their minimum or variance then says nothing; this term settles it. arXiv:2312.09244, section 4.
    """
    return (chosen + rejected).square()
