"""A training on a machine that only ssh reaches: what runs there beside train.py.

Nothing here needs torch or lerobot, and nothing needs the connection once it has begun.
"""
