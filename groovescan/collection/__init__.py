"""Many photographs: decoded side by side, on one machine or many, so that nothing is lost."""

from groovescan.collection.decode import Asked, Watch, decode_collection
from groovescan.collection.plan import Plan, make_plan
from groovescan.collection.summary import counts
from groovescan.collection.table import Outcomes
from groovescan.collection.task import DONE, FAILED, LEFT, Outcome, Task, Wanted

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
