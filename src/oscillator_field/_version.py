"""The version of this project, where every module can read it."""

__version__ = "0.2.0"
