"""Linear algebra by one thread, so that its sums are taken in one order.

The libraries behind numpy and scipy share a product of matrices among threads, as many as the
machine has or a user's environment says, and add its parts in another order for each number. The
matrices here are small: threads that wait for each other would cost more than they save.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

import threadpoolctl

_LOCK = Lock()
_LIMIT = ExitStack()
#: How many are inside of `one_blas_thread` at present: a count, no constant.
_INSIDE = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """While the block runs, or the function that this decorates, linear algebra takes one thread.

    It holds for the whole process, since the libraries know nothing else: whoever computes
    something else at the same time is slowed down, and nothing more. Several threads may be inside;
    when the last of them leaves, the number is again what it was.
    """
    global _INSIDE
    with _LOCK:
        if not _INSIDE:
            _LIMIT.enter_context(threadpoolctl.threadpool_limits(limits=1, user_api="blas"))
        _INSIDE += 1
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE -= 1
            if not _INSIDE:
                _LIMIT.close()
