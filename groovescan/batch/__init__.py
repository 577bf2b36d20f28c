"""Many photographs: decoded side by side, on one machine or many, so that nothing is lost."""

from groovescan.batch.collection import Asked, Watch, decode_collection
from groovescan.batch.intake.left_out import LeftOut, left_out
from groovescan.batch.listing.console_table import Outcomes
from groovescan.batch.listing.summary import counts
from groovescan.batch.plan import Plan, make_plan
from groovescan.batch.task import DONE, FAILED, LEFT, Outcome, Task, Wanted

__all__ = [
    "DONE",
    "FAILED",
    "LEFT",
    "Asked",
    "LeftOut",
    "Outcome",
    "Outcomes",
    "Plan",
    "Task",
    "Wanted",
    "Watch",
    "counts",
    "decode_collection",
    "left_out",
    "make_plan",
]
