"""An index of a value that all runs share, so that `sel` takes it like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from xarray.core.indexing import IndexSelResult


class SharedIndex(xr.Index):
    """The index of a scalar coordinate: its value selects everything, and no other value anything."""

    def __init__(self, name: str, value: Any) -> None:
        self._name, self._value = name, value

    @classmethod
    def from_variables(cls, variables: Mapping[Any, xr.Variable], *, options: Mapping[str, Any]) -> SharedIndex:
        """Of one coordinate without dimensions."""
        [(name, variable)] = variables.items()
        return cls(str(name), variable.values.item())

    def sel(self, labels: dict[Any, Any], **options: Any) -> IndexSelResult:
        """Nothing to select, if the value is the one that there is.

        Raises:
            KeyError: it is another.
            ValueError: several are asked for, or the nearest.
        """
        # A coordinate may have got another name.
        [(name, wanted)] = labels.items()
        if options.get("method") is not None or isinstance(wanted, slice) or np.ndim(wanted) > 0:
            raise ValueError(
                f"{name}: all runs have {self._value!r}, so it is no axis with several or nearest values to select "
                f"(expand_dims({name!r}) makes it one)"
            )
        if wanted != self._value:
            raise KeyError(f"{name}: {wanted!r} (all runs have {self._value!r})")
        return IndexSelResult({})

    def join(self, other: xr.Index, how: str = "inner") -> SharedIndex:
        """Never: of two values neither is true of what is made of both.

        Raises:
            ValueError: always; xarray asks only where they differ.
        """
        theirs = other._value if isinstance(other, SharedIndex) else "another"
        raise ValueError(
            f"{self._name} is {self._value!r} in one and {theirs!r} in the other: "
            f"drop it of both by drop_vars({self._name!r}), or make it an axis of both by expand_dims({self._name!r})"
        )

    def equals(self, other: xr.Index, **options: Any) -> bool:
        """Whether another has the same value."""
        return isinstance(other, SharedIndex) and (self._name, self._value) == (other._name, other._value)
