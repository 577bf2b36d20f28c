"""Many photographs: decoded side by side, on one machine or many, so that nothing is lost."""

from groovescan.batch.collection import Asked, Watch, decode_collection
from groovescan.batch.listing.console_table import Outcomes
from groovescan.batch.listing.summary import counts
from groovescan.batch.plan import Plan, make_plan
from groovescan.batch.task import DONE, FAILED, LEFT, Outcome, Task, Wanted

__all__ = [
    "DONE",
    "FAILED",
    "LEFT",
    "Asked",
    "Outcome",
    "Outcomes",
    "Plan",
    "Task",
    "Wanted",
    "Watch",
    "counts",
    "decode_collection",
    "make_plan",
]
