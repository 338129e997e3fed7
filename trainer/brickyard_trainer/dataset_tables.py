"""The parquet files of a dataset as arrays. They may differ in how they store a list: each is read alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .dataset_info import DatasetError


def parquet_files(root: Path, folder: str) -> list[Path]:
    """In the order in which lerobot reads them."""
    files = sorted((root / folder).glob("*/*.parquet"))
    if not files:
        raise DatasetError(f"{root} has no parquet files in {folder}/")
    return files


def read_table(file: Path, columns: list[str]) -> pa.Table:
    try:
        table = pq.read_table(file, columns=columns, partitioning=None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DatasetError(f"{file} cannot be read as parquet: {error}") from error
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise DatasetError(f"{file} has no column {', '.join(missing)}")
    return table


def read_rows(files: list[Path], columns: list[str]) -> dict[str, list[Any]]:
    """Values by column, as Python's."""
    rows: dict[str, list[Any]] = {name: [] for name in columns}
    for file in files:
        table = read_table(file, columns)
        for name in columns:
            rows[name] += table.column(name).to_pylist()
    return rows


def read_arrays(files: list[Path], columns: list[str]) -> dict[str, np.ndarray]:
    """(rows, width) by column."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in columns}
    for file in files:
        table = read_table(file, columns)
        for name in columns:
            parts[name].append(array_of(file, table, name))
    try:
        return {name: np.concatenate(arrays) for name, arrays in parts.items()}
    except ValueError:
        raise DatasetError(f"{files[0].parent.parent} has rows of different lengths") from None


def array_of(file: Path, table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name).combine_chunks()
    while True:
        if isinstance(column.type, pa.ExtensionType):
            column = column.storage
        elif pa.types.is_nested(column.type) and not pa.types.is_struct(column.type):
            column = column.flatten()
        else:
            break
    try:
        array = column.to_numpy(zero_copy_only=False)
        array = (
            array
            if array.dtype == bool
            else array.astype(np.float64 if array.dtype == object else array.dtype)
        )
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DatasetError(f"{file}: the column {name} does not hold numbers: {error}") from error
    if len(array) % max(table.num_rows, 1):
        raise DatasetError(f"{file} has rows of different lengths in {name}")
    return array.reshape(table.num_rows, -1)
