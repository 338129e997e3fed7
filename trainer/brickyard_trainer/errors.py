"""Ends of a command that its user can do something about: one sentence, a kind and an exit code.

The kinds are those of runtime/failure.ts; failures.py knows those that are no errors of ours.
"""


class TrainerError(Exception):
    """Its text is the whole message: subject, value, bound, remedy."""

    exit_code = 1
    kind = "negative"


class InputError(TrainerError):
    """What was asked for cannot be done: nothing has been touched."""

    exit_code = 2
    kind = "bad-input"


class NegativeResult(TrainerError):
    """It ran, and the answer is no."""

    exit_code = 1
    kind = "negative"


class Diverged(NegativeResult):
    """The loss or its gradient is not finite."""

    kind = "diverged"


class Interrupted(TrainerError):
    """Stopped by a signal; the state is kept."""

    exit_code = 130
    kind = "interrupted"
