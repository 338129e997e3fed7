"""What train.py and export.py are made of: data, sampling, checkpoints, export."""

import os

# onnxruntime can send usage data to its makers unless this is set before it is loaded; a run sends nothing
# unasked.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
