"""Brings what a training makes from its host into storage, and back: checkpoints, datasets, a run's outputs.

The twin of trainer/launch/storage, with the same layout and the same promises, on Python's own library; only hf://
needs huggingface_hub, which comes with lerobot.
"""
