"""What train.py and export.py are made of: data, sampling, checkpoints, export."""
