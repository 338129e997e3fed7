"""Settings of `act_small`: those of lerobot's ACT that its modules read, and the size of the network's
picture.

Not derived from ACTConfig: lerobot's factory would then give it ACT's processors, which have no floor of the
standard deviation and normalise pictures by statistics that upstream computes wrong.
"""

from dataclasses import dataclass, field

from lerobot.configs.policies import PreTrainedConfig
from lerobot.configs.types import NormalizationMode
from lerobot.optim.optimizers import AdamWConfig


@PreTrainedConfig.register_subclass("act_small")
@dataclass
class ActSmallConfig(PreTrainedConfig):
    """About 1 M parameters; meant for pictures of one simulated camera and for training on a CPU."""

    n_obs_steps: int = 1
    chunk_size: int = 20
    n_action_steps: int = 8

    normalization_mapping: dict[str, NormalizationMode] = field(
        default_factory=lambda: {
            # The model itself scales pictures, by constants: see SmallACT.
            "VISUAL": NormalizationMode.IDENTITY,
            "STATE": NormalizationMode.MEAN_STD,
            "ACTION": NormalizationMode.MEAN_STD,
        }
    )
    # An almost constant state dimension would otherwise explode at inference.
    std_floor: float = 0.01

    # The picture as the network takes it; both divisible by 16. Any size is resized to it inside the model.
    input_height_px: int = 64
    input_width_px: int = 96

    dim_model: int = 128
    n_heads: int = 4
    dim_feedforward: int = 512
    feedforward_activation: str = "relu"
    n_encoder_layers: int = 2
    n_decoder_layers: int = 1
    pre_norm: bool = False
    dropout: float = 0.0

    # Read by lerobot's modules.
    use_vae: bool = False
    latent_dim: int = 32
    n_vae_encoder_layers: int = 1
    kl_weight: float = 10.0
    temporal_ensemble_coeff: float | None = None
    # Built by ACT's constructor and replaced at once.
    vision_backbone: str = "resnet18"
    pretrained_backbone_weights: str | None = None
    replace_final_stride_with_dilation: int = False

    optimizer_lr: float = 1e-3
    optimizer_lr_backbone: float = 1e-3
    optimizer_weight_decay: float = 1e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_obs_steps != 1:
            raise ValueError(
                f"n_obs_steps is {self.n_obs_steps}; act_small sees one observation: set it to 1"
            )
        if self.n_action_steps > self.chunk_size:
            raise ValueError(
                f"n_action_steps is {self.n_action_steps}, more than the chunk of {self.chunk_size} actions"
            )
        if self.temporal_ensemble_coeff is not None and self.n_action_steps != 1:
            raise ValueError(
                f"temporal ensembling needs n_action_steps 1, not {self.n_action_steps}; set it to 1"
            )
        for name in ("input_height_px", "input_width_px"):
            if getattr(self, name) < 16 or getattr(self, name) % 16:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a multiple of 16")

    def get_optimizer_preset(self) -> AdamWConfig:
        return AdamWConfig(lr=self.optimizer_lr, weight_decay=self.optimizer_weight_decay)

    def get_scheduler_preset(self) -> None:
        return None

    def validate_features(self) -> None:
        if not self.image_features or not self.robot_state_feature:
            raise ValueError("act_small needs at least one camera and observation.state among its inputs")

    @property
    def observation_delta_indices(self) -> None:
        return None

    @property
    def action_delta_indices(self) -> list[int]:
        return list(range(self.chunk_size))

    @property
    def reward_delta_indices(self) -> None:
        return None
