"""lerobot policy type `act_small`: ACT with a small GroupNorm network in place of ResNet18.

lerobot imports installed distributions named lerobot_policy_* by itself; without installing, import this
module.
"""

from .configuration_act_small import ActSmallConfig
from .modeling_act_small import ActSmallPolicy
from .processor_act_small import make_act_small_pre_post_processors

__all__ = ["ActSmallConfig", "ActSmallPolicy", "make_act_small_pre_post_processors"]
