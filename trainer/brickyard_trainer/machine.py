"""The machine that a training runs on: device, threads, signals, and how running out of memory looks."""

import errno
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs

from .errors import InputError
from .wording import setting

OUT_OF_MEMORY = (
    "out of memory: lower training.batch_size (and raise training.accumulate to keep the same gradient), set "
    "hardware.precision=bf16, or lower policy.input_height_px and policy.input_width_px"
)

DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM)


def accelerator_for(hardware: dict) -> Accelerator:
    """One process on the CPU or a GPU, or one of several that `accelerate launch` started.

    Raises:
        InputError: a GPU is asked for and there is none.
    """
    on_gpu = hardware["device"] == "cuda"
    if on_gpu and not torch.cuda.is_available():
        raise InputError("hardware.device is cuda, but PyTorch sees no GPU here; use hardware=cpu")
    if not on_gpu and torch.cuda.is_available():
        print("warning: there is a GPU here; hardware=gpu trains on it", file=sys.stderr)
    torch.set_num_threads(hardware["threads"] or os.cpu_count() or 1)
    if on_gpu:
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    bf16 = hardware["precision"] == "bf16" and has_bf16(on_gpu)
    # Parts of ACT get no gradient in some settings, such as the VAE's without action labels.
    kwargs = [DistributedDataParallelKwargs(find_unused_parameters=True)]
    return Accelerator(cpu=not on_gpu, mixed_precision="bf16" if bf16 else "no", kwargs_handlers=kwargs)


def has_bf16(on_gpu: bool) -> bool:
    """Whether the hardware multiplies bf16 itself; without, it is emulated and slower than float32."""
    if on_gpu:
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # x86 with AVX512-BF16 or AMX. PyTorch has no public question for it.
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


class StopSignal:
    """Notes SIGTERM and SIGINT, so that the step under way ends first; a second one interrupts at once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.number: int | None = None
        self.say = say
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.note)

    def note(self, number: int, _frame: object) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        self.say("stopping after this step, with a checkpoint; a second signal stops at once")

    @property
    def name(self) -> str:
        return signal.Signals(self.number).name if self.number is not None else "none"


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return any(
        words in text for words in ("out of memory", "can't allocate memory", "cannot allocate memory")
    )


def disk_fault(error: BaseException) -> str | None:
    """What to say of a disk that does not take what is written; None for another error."""
    if not isinstance(error, OSError) or error.errno not in DISK_FAULTS:
        return None
    what = error.filename or "a file of the run or of the frame cache"
    return (
        f"{what} cannot be written ({error.strerror}); the checkpoints are whole: free some space or name "
        f"another folder, then go on by {setting('resume', 'RUN')}"
    )


def quiet_libraries() -> None:
    """Libraries talk about plans and deprecations; what matters to the user this program says itself."""
    for name in (None, "lerobot", "accelerate", "torch", "wandb"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
