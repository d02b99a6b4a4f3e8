"""From a trained network to a model folder: ONNX, torch, TFLite, each compared with the network."""

from .card import Card
from .folder import FORMS, write_folder
from .int8file import write_int8
from .network import Exportable, exportable
from .onnxfile import write_onnx
from .parity import TOLERANCE, check, difference
from .tflitefile import write_tflite
from .torchfile import write_torch

__all__ = [
    "FORMS",
    "TOLERANCE",
    "Card",
    "Exportable",
    "check",
    "difference",
    "exportable",
    "write_folder",
    "write_int8",
    "write_onnx",
    "write_tflite",
    "write_torch",
]
