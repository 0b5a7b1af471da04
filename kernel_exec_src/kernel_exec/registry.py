"""Handlers by identifier, and how each is called.

Stands beside validation at the start of a run: takes Python callables, gives `NodeSpec`s, which `program`
compiles from. What a handler's signature asks for is settled here once, so that a message later costs one
plain call.
"""

from __future__ import annotations

import functools
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from inspect import Parameter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, get_args

from msgspec import Struct

from kernel_exec.context import NodeContext
from kernel_exec.errors import UnregisteredNode

if TYPE_CHECKING:
    from kernel_exec.payloads import Conversion

type Handler = Callable[..., Any]

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class HasContext(Protocol):
    """What a call takes the context from, at the moment when it is made."""

    context: NodeContext


type Call = Callable[[Any], Any]
"""A call of a handler with one payload, with all else that it takes given already."""


class NodeSpec(Struct, frozen=True, eq=False, dict=True):
    """A registered handler and how it is called."""

    identifier: str
    handler: Handler
    is_async: bool
    stream: bool
    halts: bool
    inline: bool
    payload_parameter: Parameter
    giving_context: Callable[[HasContext], Call] | None
    """Makes the call that gives the handler its context; None where it takes none."""

    @functools.cached_property
    def conversion(self) -> Conversion | None:
        """How payloads become what the handler's annotation asks for; None where it takes anything.

        Raises:
            TypeError: the annotation cannot be resolved, or nothing can be converted to it.
        """
        annotation = self.payload_parameter.annotation
        if annotation is Parameter.empty:
            return None
        from kernel_exec.payloads import conversion_to  # only handlers with an annotation pay for it

        try:
            return conversion_to(_resolve(self.handler, annotation))
        except (NameError, TypeError) as error:
            raise TypeError(
                f"the handler of {self.identifier!r} annotates `{self.payload_parameter.name}` "
                f"as {annotation!r}, {_why_not(error)}"
            ) from error

    @property
    def wants_context(self) -> bool:
        """Whether the handler has a parameter for its `NodeContext`."""
        return self.giving_context is not None

    def bind(self, invocation: HasContext) -> Call:
        """Return the call of one payload that the scheduler makes for every message.

        A handler that asks for its context is given the one that `invocation` has then.

        The call converts the payload, so it may raise `msgspec.ValidationError` before it returns what the
        handler returns: an awaitable (`is_async`), an async generator (`stream`), or the result.

        Raises:
            TypeError: as `conversion`.
        """
        call = self.handler if self.giving_context is None else self.giving_context(invocation)
        conversion = self.conversion
        if conversion is None:
            return call
        accepts, convert = conversion
        if accepts is None:
            return lambda payload: call(convert(payload))
        return lambda payload: call(payload if type(payload) is accepts else convert(payload))


class NodeRegistry:
    """The handlers that flows may name, by identifier. One registry may serve many flows and executors."""

    def __init__(self) -> None:
        self._specs: dict[str, NodeSpec] = {}

    def node[F: Handler](
        self, identifier: str, *, stream: bool = False, halts: bool = False, inline: bool = False
    ) -> Callable[[F], F]:
        """Register the decorated callable, which is returned as it is, under `identifier`.

        The callable takes one payload, and its `NodeContext` if it has a parameter of that annotation or
        named `ctx`.

        Args:
            identifier: what a node's `identifier` in Flow IR says.
            stream: the handler is an async generator function and its results are a stream.
            halts: the node ends its run with a checkpoint; the node's IR must say so too.
            inline: run a plain function in place, on the loop's own thread, because it never blocks.

        Raises:
            TypeError: the callable is not of the kind that the options say, or its parameters cannot be
                filled.
            ValueError: the identifier is empty or taken, or the options contradict each other.
        """
        if callable(identifier):
            raise TypeError('write the identifier: @registry.node("shop::price")')
        if not isinstance(identifier, str) or not identifier:
            raise ValueError(f"a node's identifier is a text that is not empty, not {identifier!r}")
        if stream and halts:
            raise ValueError(
                f"{identifier!r} cannot both stream and halt: a halting node ends its run with one payload"
            )

        def register(handler: F) -> F:
            taken = self._specs.get(identifier)
            if taken is not None:
                raise ValueError(f"{identifier!r} is registered already, for {_name(taken.handler)}")
            self._specs[identifier] = _specify(identifier, handler, stream=stream, halts=halts, inline=inline)
            return handler

        return register

    def get(self, identifier: str) -> NodeSpec:
        """Return the handler registered under `identifier`.

        Raises:
            UnregisteredNode: there is none.
        """
        try:
            return self._specs[identifier]
        except KeyError:
            raise UnregisteredNode(
                f"no handler is registered for {identifier!r}: add @registry.node({identifier!r})",
                identifier=identifier,
            ) from None

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._specs

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)


def _specify(identifier: str, handler: Handler, *, stream: bool, halts: bool, inline: bool) -> NodeSpec:
    if not callable(handler) or isinstance(handler, type):
        raise TypeError(
            f"the handler of {identifier!r} must be a function or another callable, not {handler!r}"
        )
    called = _called(handler)
    is_async = inspect.iscoroutinefunction(called)
    generates = inspect.isasyncgenfunction(called)
    if stream and not generates:
        raise TypeError(f"stream=True needs an async generator function, and {_name(handler)} is none")
    if generates and not stream:
        raise TypeError(
            f"{_name(handler)} is an async generator function: register {identifier!r} with stream=True"
        )
    if inspect.isgeneratorfunction(called):
        raise TypeError(
            f"{_name(handler)} is a generator function; a stream is an async generator, and stream=True"
        )
    if inline and (is_async or generates):
        raise ValueError(f"inline=True is for plain functions; {_name(handler)} runs on the loop anyway")
    payload, giving_context = _parameters(handler)
    return NodeSpec(identifier, handler, is_async, stream, halts, inline, payload, giving_context)


def _called(handler: Handler) -> Handler:
    """Return the function that calling `handler` runs, through `functools.partial` and `__call__`."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    if inspect.isroutine(handler):
        return handler
    called: Handler = type(handler).__call__
    return called


def _parameters(handler: Handler) -> tuple[Parameter, Callable[[HasContext], Call] | None]:
    """Find the parameter that takes the payload, and how the context is given, if it is.

    No other parameter may need to be filled.

    Raises:
        TypeError: there is no parameter for a payload, or one that nothing fills.
    """
    parameters = list(_signature(handler).parameters.values())
    annotated = [parameter for parameter in parameters if _asks_for_context(handler, parameter)]
    if len(annotated) > 1:
        raise TypeError(
            f"{_name(handler)} has {len(annotated)} parameters annotated NodeContext; one is filled"
        )
    context = annotated[0] if annotated else next((p for p in parameters if p.name == "ctx"), None)
    others = [parameter for parameter in parameters if parameter is not context]
    payload = next((p for p in others if p.kind in (*_POSITIONAL, Parameter.VAR_POSITIONAL)), None)
    if payload is None:
        raise TypeError(f"{_name(handler)} has no positional parameter that could take the payload")
    unfilled = [p.name for p in others if p is not payload and _must_be_filled(p)]
    if unfilled:
        raise TypeError(
            f"{_name(handler)} takes one payload and `ctx`; nothing fills {', '.join(unfilled)}: "
            "give a default, or bind it with functools.partial"
        )
    if context is None:
        return payload, None
    behind = parameters.index(context) - parameters.index(payload)
    if context.kind is Parameter.POSITIONAL_ONLY and behind > 1:
        raise TypeError(
            f"{_name(handler)} takes `{context.name}` by its position alone, behind a parameter that nothing "
            "fills: put it next to the payload"
        )
    return payload, _giving_context(handler, context, behind)


def _giving_context(handler: Handler, context: Parameter, behind: int) -> Callable[[HasContext], Call]:
    """Return what makes the call, where the context stands so many places behind the payload."""
    name = context.name
    if context.kind not in _POSITIONAL or behind > 1:
        return lambda at: lambda payload: handler(payload, **{name: at.context})
    if behind < 0:
        return lambda at: lambda payload: handler(at.context, payload)
    return lambda at: lambda payload: handler(payload, at.context)


def _signature(handler: Handler) -> inspect.Signature:
    try:
        if sys.version_info >= (3, 14):
            from annotationlib import Format

            return inspect.signature(handler, annotation_format=Format.FORWARDREF)
        return inspect.signature(handler)
    except ValueError as error:
        raise TypeError(f"{_name(handler)} does not tell its parameters; wrap it in a function") from error


def _asks_for_context(handler: Handler, parameter: Parameter) -> bool:
    annotation = parameter.annotation
    try:
        annotation = _resolve(handler, annotation)
    except (NameError, TypeError, SyntaxError):
        # A name that exists for type checkers only is judged by how it is written.
        text = annotation if isinstance(annotation, str) else getattr(annotation, "__forward_arg__", "")
        return text.rpartition(".")[2] == NodeContext.__name__
    return annotation is NodeContext or NodeContext in get_args(annotation)


def _resolve(handler: Handler, annotation: Any) -> Any:
    """Return `annotation` with every name in it looked up where the handler was defined.

    One annotation at a time: another that exists for type checkers only does not matter.
    """
    function = inspect.unwrap(_called(handler))
    holder = SimpleNamespace(__annotations__={"it": annotation})
    hints = typing.get_type_hints(holder, globalns=getattr(function, "__globals__", {}), include_extras=True)
    return hints["it"]


def _must_be_filled(parameter: Parameter) -> bool:
    variadic = parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return parameter.default is Parameter.empty and not variadic


def _name(handler: Handler) -> str:
    return getattr(handler, "__qualname__", None) or repr(handler)


def _why_not(error: Exception) -> str:
    if isinstance(error, NameError):
        return f"but {error} at run time: import it outside `TYPE_CHECKING`, or define it at module level"
    return f"but no payload can be converted to that: {error}"
