"""A dataset as other people's tools leave it: parquet written again by pandas, polars, DuckDB and Arrow, and
JSON edited by hand. `rewrites` gives a way to make each; foreign_datasets.py runs them.
"""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

Rewrite = Callable[[Path], None]
"""Writes one parquet file again, in its place."""


def rewrites(base: Path) -> dict[str, Callable[[Path], Any]]:
    """By name, what makes the dataset in the folder given to it. `base` has videos and strings."""
    tables = {
        **{f"pandas-{codec}": pandas_writes(codec) for codec in ("zstd", "gzip", "brotli", "lz4", None)},
        **{
            f"polars-{codec}": polars_writes(codec)
            for codec in ("zstd", "gzip", "snappy", "brotli", "lz4", "uncompressed")
        },
        **{
            f"duckdb-{codec}": duckdb_writes(codec)
            for codec in ("zstd", "gzip", "snappy", "brotli", "lz4", "uncompressed")
        },
        "arrow-pages-2": arrow_writes(data_page_version="2.0", version="2.6", compression="zstd"),
        "arrow-page-index": arrow_writes(write_page_index=True, write_page_checksum=True, data_page_size=64),
        "arrow-row-groups": arrow_writes(row_group_size=3),
        "arrow-without-dictionary": arrow_writes(use_dictionary=False, column_encoding=None),
        "arrow-delta": arrow_writes(
            use_dictionary=False,
            column_encoding={"index": "DELTA_BINARY_PACKED", "timestamp": "BYTE_STREAM_SPLIT"},
        ),
        "arrow-large-types": arrow_writes(change=large_types),
        "arrow-plain-schema": arrow_writes(
            change=lambda table: table.replace_schema_metadata(None), store_schema=False
        ),
    }
    texts = {
        "nan-in-stats": edit_json("stats.json", nan_in_statistics),
        "splits-null": edit_json("info.json", lambda info: info | {"splits": None}),
        "names-null": edit_json("info.json", without_names),
        "few-fields": edit_json("info.json", few_fields),
        "unknown-fields": edit_json(
            "info.json", lambda info: info | {"total_videos": 3, "comment": {"by": "hand"}}
        ),
        "without-stats": lambda root: (root / "meta" / "stats.json").unlink(),
        "without-camera-stats": edit_json("stats.json", lambda stats: without(stats, "images")),
        "without-index-stats": edit_json("stats.json", lambda stats: without(stats, "ind")),
        "without-quantiles": edit_json("stats.json", without_quantiles),
        "without-episode-stats": without_episode_statistics,
        "crlf": crlf,
    }
    made = {name: copy_then(base, every_parquet(rewrite)) for name, rewrite in tables.items()}
    return made | {name: copy_then(base, edit) for name, edit in texts.items()}


def copy_then(base: Path, change: Callable[[Path], Any]) -> Callable[[Path], None]:
    def make(to: Path) -> None:
        shutil.copytree(base, to)
        change(to)

    return make


def every_parquet(rewrite: Rewrite) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        for path in sorted(root.glob("**/*.parquet")):
            rewrite(path)

    return change


def pandas_writes(codec: str | None) -> Rewrite:
    def rewrite(path: Path) -> None:
        pd.read_parquet(path).to_parquet(path, compression=codec)

    return rewrite


def polars_writes(codec: str) -> Rewrite:
    def rewrite(path: Path) -> None:
        pl.read_parquet(path).write_parquet(path, compression=codec, row_group_size=10)

    return rewrite


def duckdb_writes(codec: str) -> Rewrite:
    def rewrite(path: Path) -> None:
        made = path.with_suffix(".made")
        copy = (
            f"COPY (SELECT * FROM read_parquet('{path}')) TO '{made}' (FORMAT parquet, COMPRESSION {codec})"
        )
        with duckdb.connect() as connection:
            connection.execute("SET preserve_insertion_order = true")
            connection.execute(copy)
        made.replace(path)

    return rewrite


def arrow_writes(change: Callable[[pa.Table], pa.Table] | None = None, **options: Any) -> Rewrite:
    def rewrite(path: Path) -> None:
        table = pq.read_table(path, partitioning=None)
        known = options.get("column_encoding")
        if known:
            given = {name: way for name, way in known.items() if name in table.column_names}
            pq.write_table(table, path, **{**options, "column_encoding": given})
            return
        pq.write_table(change(table) if change else table, path, **options)

    return rewrite


def large_types(table: pa.Table) -> pa.Table:
    """As polars and pandas 3 have strings and lists."""

    def large(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_string(kind):
            return pa.large_string()
        if pa.types.is_list(kind):
            return pa.large_list(large(kind.value_type))
        return kind

    return table.cast(
        pa.schema([pa.field(f.name, large(f.type)) for f in table.schema], table.schema.metadata)
    )


def edit_json(name: str, change: Callable[[dict], dict]) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        path = root / "meta" / name
        path.write_text(json.dumps(change(json.loads(path.read_text())), indent=4))

    return edit


def nan_in_statistics(stats: dict) -> dict:
    """Python's json writes NaN as it is, which JSON does not know."""
    stats["observation.count"]["std"] = [math.nan]
    stats["next.done"]["q99"] = [math.inf]
    return stats


def without_names(info: dict) -> dict:
    for feature in info["features"].values():
        if feature["dtype"] != "video":
            feature["names"] = None
    return info


def few_fields(info: dict) -> dict:
    """What neither loader asks for left out."""
    for name in ("robot_type", "splits", "data_files_size_in_mb", "video_files_size_in_mb", "chunks_size"):
        info.pop(name)
    for feature in info["features"].values():
        feature.pop("info", None)
    return info


def without(values: dict, part: str) -> dict:
    """Without the keys that have this part."""
    return {key: value for key, value in values.items() if part not in key}


def without_quantiles(stats: dict) -> dict:
    return {key: without(value, "q") for key, value in stats.items()}


def without_episode_statistics(root: Path) -> None:
    for path in root.glob("meta/episodes/*/*.parquet"):
        table = pq.read_table(path, partitioning=None)
        kept = [name for name in table.column_names if not name.startswith("stats/")]
        pq.write_table(table.select(kept), path)


def crlf(root: Path) -> None:
    for path in root.glob("meta/*.json"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
