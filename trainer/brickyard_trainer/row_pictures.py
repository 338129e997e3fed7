"""Cameras whose pictures lie in the rows, as PNG or JPEG: each data file read as far as it is needed."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from .dataset_info import DatasetError
from .dataset_tables import parquet_files

BATCH_ROWS = 64


def iterate_pictures(index: Any, camera: str, episodes: list[int]) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, uint8 (n, H, W, 3)) in batches that together cover all rows of `episodes` (rising) once."""
    cells = PictureCells(index, camera)
    for episode in (index.episodes[k] for k in episodes):
        for start in range(episode.start, episode.stop, BATCH_ROWS):
            rows = range(start, min(start + BATCH_ROWS, episode.stop))
            yield start, np.stack([decoded(index, camera, row, cells.at(row)) for row in rows])


def read_pictures(index: Any, camera: str, rows: list[int]) -> np.ndarray:
    """uint8 (len(rows), H, W, 3); in any order."""
    cells = PictureCells(index, camera)
    pictures = {row: decoded(index, camera, row, cells.at(row)) for row in sorted(set(rows))}
    return np.stack([pictures[row] for row in rows])


class PictureCells:
    """One column of all data files as if they were one, a row group in memory."""

    def __init__(self, index: Any, camera: str) -> None:
        self.root, self.camera = index.root, camera
        self.groups = row_groups(index)
        self.first = self.stop = 0
        self.cells: list[Any] = []

    def at(self, row: int) -> Any:
        if not self.first <= row < self.stop:
            file, group, self.first, self.stop = next(g for g in self.groups if g[2] <= row < g[3])
            table = pq.ParquetFile(file).read_row_group(group, columns=[self.camera])
            if self.camera not in table.column_names:
                raise DatasetError(f"{file} has no column {self.camera}, whose pictures info.json promises")
            self.cells = table.column(self.camera)
        return self.cells[row - self.first].as_py()


def row_groups(index: Any) -> list[tuple[Any, int, int, int]]:
    """(file, group, first row, one past its last)."""
    groups, first = [], 0
    for file in parquet_files(index.root, "data"):
        metadata = pq.read_metadata(file)
        for group in range(metadata.num_row_groups):
            stop = first + metadata.row_group(group).num_rows
            groups.append((file, group, first, stop))
            first = stop
    return groups


def decoded(index: Any, camera: str, row: int, cell: Any) -> np.ndarray:
    from PIL import Image

    where = f"{index.root}: the picture of {camera} in row {row}"
    data = cell.get("bytes") if isinstance(cell, dict) else None
    if not data:
        raise DatasetError(f"{where} is not in the data file; only pictures stored in the rows are read")
    try:
        picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{where} cannot be decoded: {error}") from error
    height, width, _ = index.camera_shapes[camera]
    if picture.shape[:2] != (height, width):
        found = f"{picture.shape[1]}x{picture.shape[0]}"
        raise DatasetError(f"{where} is {found}, info.json says {width}x{height}")
    return picture
