"""Rows that lie in several arrays, read as one array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Piece:
    """The next `rows` rows of the whole: those of `array` from `first` on."""

    array: np.ndarray
    first: int
    rows: int


class PiecewiseFrames:
    """What training asks of a uint8 (N, H, W, 3) array: its shape, and some of its rows as a new array."""

    dtype = np.dtype(np.uint8)

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self.starts = np.cumsum([0, *(piece.rows for piece in pieces)])
        self.shape = (int(self.starts[-1]), *pieces[0].array.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape))

    def __getitem__(self, wanted: slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """Rows from 0 on, in any order, or a slice of them."""
        rows = np.arange(len(self))[wanted]
        out = np.empty((len(rows), *self.shape[1:]), np.uint8)
        owners = np.searchsorted(self.starts, rows, side="right") - 1
        for owner in np.unique(owners):
            piece, mine = self.pieces[owner], owners == owner
            out[mine] = piece.array[rows[mine] - self.starts[owner] + piece.first]
        return out
