"""lerobot's ACT with a picture network of its own and a loss that leaves padded steps out."""

import torch
from lerobot.policies.act.modeling_act import ACT, ACTPolicy, ACTTemporalEnsembler
from lerobot.policies.pretrained import PreTrainedPolicy
from lerobot.utils.constants import ACTION, OBS_IMAGES
from torch import Tensor, nn

from brickyard_trainer.resize import AreaResize

from .configuration_act_small import ActSmallConfig

STEM_CHANNELS = 32
STAGE_CHANNELS = (64, 96, 128)
GROUPS = 8
"""Normalised by groups of a picture, not by batches: the same in training and at inference, for any batch."""


class TwoPassGroupNorm(nn.GroupNorm):
    """GroupNorm by two passes at inference; in training PyTorch's own, which is faster.

    Rounding the variance of a group shifts all its pixels together. Over 200 frames the worst action of a
    trained network (outputs up to 3.1) was off that in float64 by 6.9e-5 with PyTorch's kernel and by 2.1e-5
    with onnxruntime's. The variance from the deviations made it 7.2e-6 and 2.6e-5; means of lines' means
    besides, whose sums are short, 1.0e-5 and 6.3e-6: the two are 5.9e-6 apart then, not 9.0e-5.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return super().forward(x)
        lines = x.reshape(x.shape[0], self.num_groups, -1, x.shape[-1])
        off = lines - mean_of_means(lines)
        out = off / torch.sqrt(mean_of_means(off * off) + self.eps)
        return out.reshape(x.shape) * self.weight[:, None, None] + self.bias[:, None, None]


def mean_of_means(lines: Tensor) -> Tensor:
    return lines.mean(-1, keepdim=True).mean(-2, keepdim=True)


def normalised(channels: int) -> nn.Sequential:
    return nn.Sequential(TwoPassGroupNorm(GROUPS, channels), nn.ReLU())


class SmallBackbone(nn.Module):
    """Levels 0..1 (N, 3, H, W) of any size to features (N, 128, height / 16, width / 16), as ACT expects
    them.

    The frame is resized by the integer rule of brickyard_trainer.resize unless it has the network's size.
    """

    def __init__(self, config: ActSmallConfig) -> None:
        super().__init__()
        self.resize = AreaResize(config.input_height_px, config.input_width_px)
        layers: list[nn.Module] = [
            nn.Conv2d(3, STEM_CHANNELS, 5, stride=2, padding=2),
            normalised(STEM_CHANNELS),
        ]
        channels = STEM_CHANNELS
        for wider in STAGE_CHANNELS:
            layers += [nn.Conv2d(channels, wider, 3, stride=2, padding=1), normalised(wider)]
            channels = wider
        layers += [nn.Conv2d(channels, channels, 3, padding=1), normalised(channels)]
        self.layers = nn.Sequential(*layers)
        self.channels = channels

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        # Decoders give whole levels divided by 255; rounding finds them again, whatever the division lost.
        levels = self.resize(torch.round(frames * 255.0))
        # Not channels last: alone on the machine it is as fast (7.0 steps of 64 a second, bf16, one core);
        # beside other work it is slower (6.8 against 8.4 steps per second of CPU).
        return {"feature_map": self.layers((levels - 127.5) / 63.75)}


class SmallACT(ACT):
    """lerobot's ACT; only the backbone and its projection differ."""

    def __init__(self, config: ActSmallConfig) -> None:
        super().__init__(config)
        self.backbone = SmallBackbone(config)
        self.encoder_img_feat_input_proj = nn.Conv2d(self.backbone.channels, config.dim_model, kernel_size=1)


class ActSmallPolicy(ACTPolicy):
    """Takes what ACTPolicy takes; frames of the dataset's size or of the network's."""

    config_class = ActSmallConfig
    name = "act_small"
    # Batches whose gradients are added up count by these steps, for the gradient of all of them at once.
    loss_over_kept_steps = True

    def __init__(self, config: ActSmallConfig, **_: object) -> None:
        PreTrainedPolicy.__init__(self, config)
        config.validate_features()
        self.config = config
        self.model = SmallACT(config)
        if config.temporal_ensemble_coeff is not None:
            self.temporal_ensembler = ACTTemporalEnsembler(config.temporal_ensemble_coeff, config.chunk_size)
        self.reset()

    def forward(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """Mean absolute error over the steps that are not padded; ACT's own divides by all of them."""
        inputs = {**batch, OBS_IMAGES: [batch[key] for key in self.config.image_features]}
        predicted, (mean, log_variance) = self.model(inputs)
        loss = masked_l1(predicted, batch[ACTION], batch["action_is_pad"])
        parts = {"l1_loss": loss.item()}
        if self.config.use_vae:
            divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(-1).mean()
            parts["kld_loss"] = divergence.item()
            loss = loss + self.config.kl_weight * divergence
        return loss, parts


def masked_l1(predicted: Tensor, wanted: Tensor, is_pad: Tensor) -> Tensor:
    """Mean of |predicted - wanted| of (B, chunk, A) over steps where `is_pad` (B, chunk) is false; 0 without
    any.
    """
    kept = (~is_pad).unsqueeze(-1).to(predicted.dtype)
    return ((predicted - wanted).abs() * kept).sum() / (kept.sum() * predicted.shape[-1]).clamp(min=1.0)
