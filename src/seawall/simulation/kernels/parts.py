"""Functions that only other kernels call: read once, and made into machine code with their caller.

numba makes machine code of every function by itself, and again within all that call it: a walk of 150
small functions was optimised, written out and loaded 150 times before its first step. A part is kept
as it was read; an entry, which Python calls, takes in all parts under it and is optimised once.

There is no public way to say so. What is taken from numba's inside is how a library of code is finished
(`numba.core.codegen`, `numba.core.typed_passes`); `tests/simulation/test_by_reference.py` holds
that it is as expected.
"""

from __future__ import annotations

from typing import Any

from llvmlite.binding import Linkage
from numba._dynfunc import make_function
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

__all__ = ["Entry", "Part"]


class _PartLibrary(JITCodeLibrary):  # type: ignore[misc]
    # Code that was read, and is not finished until an entry takes it in.

    def _optimize_functions(self, module: Any) -> None:
        pass

    def add_linking_library(self, library: Any) -> None:
        self._linking_libraries.append(library)

    def finalize(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.external:
                function.linkage = "linkonce_odr"
        self._shared_module = self._final_module
        self._finalized = True


class _EntryLibrary(JITCodeLibrary):  # type: ignore[misc]
    # Code that Python calls, with all parts that it calls and they call.

    def finalize(self) -> None:
        self._linking_libraries: list[Any] = _callers_first(self._linking_libraries)
        super().finalize()


def _callers_first(libraries: list[Any]) -> list[Any]:
    # To link leaves out what nobody has asked for yet, so a part comes after all that call it.
    seen: set[Any] = set()
    done: list[Any] = []

    def follow(library: Any) -> None:
        if library in seen:
            return
        seen.add(library)
        if isinstance(library, _PartLibrary):
            for each in library._linking_libraries:
                follow(each)
        done.append(library)

    for library in libraries:
        follow(library)
    return done[::-1]


class _PartLowering(NativeLowering):  # type: ignore[misc]
    _name = "seawall_part_lowering"

    def run_pass(self, state: Any) -> bool:
        _begin(state, _PartLibrary)
        state.flags.no_compile = True
        super().run_pass(state)
        state.library.finalize()
        lowered = state["cr"]
        # Callers know a function by its entry. With no way in from Python it leads nowhere.
        name = lowered.fndesc.qualname.rsplit(".", 1)[-1]
        entry = make_function(lowered.fndesc.lookup_module(), name, "", 0, lowered.env, (state.library,))
        state.targetctx.insert_user_function(entry, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=entry)
        return True


class _EntryLowering(NativeLowering):  # type: ignore[misc]
    _name = "seawall_entry_lowering"

    def run_pass(self, state: Any) -> bool:
        _begin(state, _EntryLibrary)
        return bool(super().run_pass(state))


for _pass in (_PartLowering, _EntryLowering):
    register_pass(mutates_CFG=True, analysis_only=False)(_pass)


def _begin(state: Any, kind: type[JITCodeLibrary]) -> None:
    state.library = kind(state.targetctx.codegen(), state.func_id.func_qualname)
    state.library.enable_object_caching()


def _pipelines(state: Any, lowering: type[NativeLowering]) -> list[Any]:
    manager = DefaultPassBuilder.define_nopython_pipeline(state)
    manager.passes = [(lowering if each is NativeLowering else each, told) for each, told in manager.passes]
    manager.finalize()
    return [manager]


class Part(CompilerBase):  # type: ignore[misc]
    """Compiles a function that only kernels call."""

    def define_pipelines(self) -> list[Any]:
        """Return the ordinary pipeline but for its end."""
        return _pipelines(self.state, _PartLowering)


class Entry(CompilerBase):  # type: ignore[misc]
    """Compiles a function that Python calls."""

    def define_pipelines(self) -> list[Any]:
        """Return the ordinary pipeline but for its end."""
        return _pipelines(self.state, _EntryLowering)
