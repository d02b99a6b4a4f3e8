"""The corpus on disk: a Parquet manifest and shards of samples that are mapped, never loaded."""

from .corpus import Corpus, Entry
from .encoding import ENCODINGS, decode, encode
from .sampler import WindowSampler
from .writer import CorpusWriter

__all__ = ["ENCODINGS", "Corpus", "CorpusWriter", "Entry", "WindowSampler", "decode", "encode"]
