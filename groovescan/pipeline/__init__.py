"""The way from a photograph to its sound: the stages in reading order, and what a decode writes."""

from groovescan.pipeline.joined_stages import stages_of
from groovescan.pipeline.stages import Stages, decode

__all__ = ["Stages", "decode", "stages_of"]
