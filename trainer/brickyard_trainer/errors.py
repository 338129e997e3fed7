"""Ends of a command that its user can do something about: one sentence, and the exit code it stands for."""


class TrainerError(Exception):
    """Its text is the whole message: subject, value, bound, remedy."""

    exit_code = 1


class InputError(TrainerError):
    """What was asked for cannot be done: nothing has been touched."""

    exit_code = 2


class NegativeResult(TrainerError):
    """It ran, and the answer is no."""

    exit_code = 1


class Interrupted(TrainerError):
    """Stopped by a signal; the state is kept."""

    exit_code = 130
