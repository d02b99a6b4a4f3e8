"""Reads what others left of VGGish: TensorFlow's checkpoints, torch's state dicts, npz files.

None of it runs any of the code in a file, and none of it needs TensorFlow or torch.
"""
