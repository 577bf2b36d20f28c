"""Arrays as compiled loops take them: their type of number, dimensions and order in memory.

A loop's annotations say for which types it is compiled (`groovescan.runtime.jit`); to everybody
else each of these is an `np.ndarray`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np


@dataclass(frozen=True)
class ArrayLayout:
    """How the numbers of an array lie in memory.

    Attributes
    ----------
    dtype : type
        Type of number.
    ndim : int
        Dimensions.
    order : {'C', 'F', 'A'}
        Row after row without gaps, column after column, or any: a view of every other column.
    read_only : bool
        Whether it may not be written to.
    """

    dtype: type[np.generic]
    ndim: int
    order: Literal["C", "F", "A"] = "C"
    read_only: bool = False

    def example(self) -> np.ndarray:
        """An array that lies like that."""
        shape = (2,) * self.ndim
        array = np.zeros(shape, self.dtype)
        if self.order == "F":
            array = np.asfortranarray(array)
        if self.order == "A":
            array = np.zeros((*shape[:-1], 4), self.dtype)[..., ::2]
        array.flags.writeable = not self.read_only
        return array


BoolVector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.bool_, 1)]
Int16Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.int16, 1)]
Int32Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.int32, 1)]
Int64Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.int64, 1)]
UInt8Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.uint8, 1)]
UInt16Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.uint16, 1)]
UInt64Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.uint64, 1)]
Float32Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float32, 1)]
Float64Vector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float64, 1)]
FloatVector: TypeAlias = Annotated[
    np.ndarray, ArrayLayout(np.float32, 1), ArrayLayout(np.float64, 1)
]
Float64StridedVector: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float64, 1, "A")]

Float32Matrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float32, 2)]
Float32StridedMatrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float32, 2, "A")]
Float32ConstantMatrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float32, 2, read_only=True)]
Float32SlidingWindows: TypeAlias = Annotated[
    np.ndarray, ArrayLayout(np.float32, 2, "A", read_only=True)
]
Float64Matrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float64, 2)]
Float64StridedMatrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float64, 2, "A")]
UInt16Matrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.uint16, 2)]
Complex64Matrix: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.complex64, 2)]

Float64Cube: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float64, 3)]
Float64StridedCube: TypeAlias = Annotated[np.ndarray, ArrayLayout(np.float64, 3, "A")]
