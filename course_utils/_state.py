"""Find out which statements of a notebook make the state that its later cells need.

The statements above a place are gone through from the last to the first. One is needed if it
binds, or may change, a name that is wanted at that point; what it reads is wanted from there on.
So prints, figures, widgets and asserts drop out, and with them trainings whose networks are not
used any more. Python can't tell for certain what a call changes: where it is unclear, a statement
counts as needed.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_BUILTINS = frozenset(dir(builtins))
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = _FUNCTIONS | ast.Lambda | ast.ClassDef

# Methods that leave their object as it is: of arrays, texts, dictionaries, lists and networks.
_ARRAYS = (
    "all any argmax argmin argsort astype clip copy cumsum dot flatten item max mean min nonzero "
    "prod ravel repeat reshape round std sum swapaxes take tobytes tolist transpose var"
)
_TEXTS = (
    "capitalize count digest encode endswith format hexdigest index join lower replace rjust ljust "
    "split splitlines startswith strip title upper"
)
_OTHERS = (
    "get items keys values count_params evaluate get_config get_layer get_weights predict summary "
    "to_json"
)
_READING = frozenset(f"{_ARRAYS} {_TEXTS} {_OTHERS}".split())


@dataclass(frozen=True, eq=False)
class Statement:
    """A top-level statement of a cell, and what it does to the names of the notebook.

    Attributes
    ----------
    place : int
        The position of its cell.
    node : ast.stmt
        The statement itself.
    binds : frozenset of str
        Names that it binds for certain, whatever they were before.
    changes : frozenset of str
        Names that it may bind, or whose objects it may change.
    reads : frozenset of str
        Names that it needs when it is run.
    later : frozenset of str
        Names that functions defined in it need when they are called.
    is_setting : bool
        Whether it calls a function of a module with nothing of the notebook, as
        ``plots.use_course_style()``: it is needed where its cell and its module are.
    """

    place: int
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]
    reads: frozenset[str]
    later: frozenset[str]
    is_setting: bool = False


def statements(*parts: Iterable[tuple[int, str]]) -> list[list[Statement]]:
    """Return the statements of parts of one notebook, each given as (place, Python source).

    Raises
    ------
    SyntaxError
        If a source is not Python.
    """
    trees = [[(place, ast.parse(source)) for place, source in part] for part in parts]
    everything = _Notebook([tree for part in trees for _, tree in part])
    return [
        [everything.statement(place, node) for place, tree in part for node in tree.body]
        for part in trees
    ]


def wanted_by(cells: Sequence[Statement]) -> frozenset[str]:
    """Return the names that statements need and don't bind themselves beforehand.

    Examples
    --------
    >>> sorted(wanted_by(*statements([(0, "c = a + b"), (1, "d = c * scale")])))
    ['a', 'b', 'scale']
    """
    wanted: set[str] = set()
    bound: set[str] = set()
    for each in cells:
        wanted |= (each.reads | each.later) - bound
        bound |= each.binds
    return frozenset(wanted - _BUILTINS)


def needed(
    above: Sequence[Statement],
    wanted: Iterable[str],
    instead: Mapping[int, Sequence[Statement]] | None = None,
) -> list[Statement]:
    """Return those statements above a place that make the names wanted there, in order.

    Parameters
    ----------
    above : sequence of Statement
        All statements above the place, in order.
    wanted : iterable of str
        The names.
    instead : mapping of int to sequence of Statement, optional
        By the place of a cell, shorter statements that stand in for the cell, wherever they make
        all that is wanted of it.

    Returns
    -------
    list of Statement
        Those that are needed.

    Examples
    --------
    >>> cells = [(0, "import time"), (1, "a = []"), (2, "b = 5"), (3, "a.append(b)"), (4, "c = 1")]
    >>> [each.place for each in needed(*statements(cells), {"a"})]
    [1, 2, 3]
    """
    cells: dict[int, list[Statement]] = {}
    for each in above:
        cells.setdefault(each.place, []).append(each)
    late: frozenset[str] = frozenset()
    while True:  # what a function needs may be bound below its definition
        live, chosen = set(wanted), []
        for place in sorted(cells, reverse=True):
            body = cells[place]
            if instead and place in instead:
                body = instead[place] if covers(instead[place], body, live | late) else body
            chosen = _kept(body, live, late) + chosen
        found = late.union(*(each.later for each in chosen))
        if found == late:
            return chosen
        late = found


def covers(quick: Sequence[Statement], cell: Sequence[Statement], wanted: Iterable[str]) -> bool:
    """Return whether quicker lines make all that is wanted of a cell.

    Examples
    --------
    >>> cell, quick = statements([(0, "a = train(); b = score(a)")], [(0, "b = 0.9")])
    >>> covers(quick, cell, {"b"}), covers(quick, cell, {"a", "b"})
    (True, False)
    """
    return not (_touched(cell) - _touched(quick)) & set(wanted)


def _touched(cell: Sequence[Statement]) -> set[str]:
    """Return all names that a cell binds or changes."""
    return set().union(*(each.binds | each.changes for each in cell))


def _kept(cell: Sequence[Statement], live: set[str], late: frozenset[str]) -> list[Statement]:
    """Return what a cell needs to make the live names; leave those live that it needs itself."""
    if not _touched(cell) & (live | late):
        return []
    kept = []
    for each in reversed(cell):
        makes = each.reads if each.is_setting else each.binds | each.changes
        if makes & (live | late):
            kept.append(each)
            live -= each.binds
            live |= each.reads
    return kept[::-1]


# --- Names ----------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """The names that code reads (now, and in functions, later) and binds, in the order it runs."""

    bound: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)

    def body(self, nodes: Iterable[ast.stmt]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        """Go through a statement or an expression."""
        match node:
            case ast.Assign() | ast.AnnAssign():
                self.all_of([node.value] if node.value else [])
                self.all_of(node.targets if isinstance(node, ast.Assign) else [node.target])
            case ast.AugAssign():
                self.all_of([node.value])
                if isinstance(node.target, ast.Name):
                    self.read(node.target.id)
                self.visit(node.target)
            case ast.For() | ast.AsyncFor():
                self.all_of([node.iter, node.target])
                self.body(node.body)
                self.body(node.orelse)
            case ast.If() | ast.While():
                self.visit(node.test)
                self.maybe(node.body)
                self.maybe(node.orelse)
            case ast.Try():
                self.body(node.body)
                for handler in node.handlers:
                    self.maybe(handler.body, {handler.name} if handler.name else set())
                self.body(node.orelse)
                self.body(node.finalbody)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                self.function(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self.comprehension(node)
            case ast.Name():
                (self.read if isinstance(node.ctx, ast.Load) else self.bound.add)(node.id)
            case ast.alias():
                self.bound.add((node.asname or node.name).split(".")[0])
            case _:
                self.all_of(ast.iter_child_nodes(node))

    def all_of(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def read(self, name: str) -> None:
        if name not in self.bound:
            self.reads.add(name)

    def maybe(self, nodes: Iterable[ast.stmt], also: set[str] = frozenset()) -> None:
        """Go through code that may be left out: what it binds is not bound for certain."""
        inside = _Reading(self.bound | also)
        inside.body(nodes)
        self.reads |= inside.reads
        self.later |= inside.later

    def comprehension(self, node: ast.AST) -> None:
        inside = _Reading(set(self.bound))
        for each in node.generators:
            inside.all_of([each.iter, each.target, *each.ifs])
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inside.all_of(values)
        self.reads |= inside.reads
        self.later |= inside.later
        walrus = (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        self.bound |= {each.target.id for each in walrus}

    def function(self, node: ast.AST) -> None:
        """Go through a function or class; what its body reads is needed when it is called."""
        if isinstance(node, ast.ClassDef):
            self.all_of([*node.decorator_list, *node.bases, *node.keywords])
            inside = _Reading()
            inside.body(node.body)
            self.later |= inside.reads | inside.later
        else:
            given = node.args
            self.all_of([*given.defaults, *(each for each in given.kw_defaults if each)])
            self.all_of(getattr(node, "decorator_list", []))
            self.later |= free_names(node)
        if not isinstance(node, ast.Lambda):
            self.bound.add(node.name)


def free_names(function: ast.AST) -> set[str]:
    """Return the names that a function takes from the notebook."""
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    inside = _Reading()
    inside.all_of(body)
    return (inside.reads | inside.later) - _own_names(function)


def _own_names(function: ast.AST) -> set[str]:
    """Return the parameters and local names of a function."""
    own = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    shared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            shared.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            own.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node is not function:
            own.add(node.name)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).split(".")[0])
    return own - shared


def _imported(trees: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """Return the names of modules, and of what is taken out of modules."""
    modules, taken = set(), set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules |= {(each.asname or each.name).split(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                taken |= {each.asname or each.name for each in node.names}
    return modules, taken


# --- What calls change ----------------------------------------------------------------------------


class _Notebook:
    """All code of a notebook: which names are modules, and what its own functions change."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self.modules, self.taken = _imported(trees)
        functions = (node for tree in trees for node in ast.walk(tree))
        self.functions: dict[str, list[ast.AST]] = {}
        for node in functions:
            if isinstance(node, _FUNCTIONS):
                self.functions.setdefault(node.name, []).append(node)
        self._known: dict[str, tuple[set[int | str], set[str]]] = {}

    def statement(self, place: int, node: ast.stmt) -> Statement:
        reading = _Reading()
        reading.visit(node)
        changes = self.changes([node]) | _maybe_bound(node) - reading.bound
        call = node.value if isinstance(node, ast.Expr) else None
        setting = (
            isinstance(call, ast.Call)
            and _root(call.func) in self.modules | self.taken
            and isinstance(call.func, ast.Attribute)
            and reading.reads <= self.modules | self.taken
            and not call.func.attr.startswith(("show", "plot", "draw", "report"))
        )
        ours = [frozenset(names - _BUILTINS) for names in (reading.reads, reading.later)]
        return Statement(place, node, frozenset(reading.bound), frozenset(changes), *ours, setting)

    def changes(self, body: Iterable[ast.AST]) -> set[str]:
        """Return the names whose objects this code may change; functions in it are left out."""
        found: set[str] = set()
        for node, is_dropped in _outside_functions(body):
            if isinstance(node, ast.Attribute | ast.Subscript):
                if not isinstance(node.ctx, ast.Load):
                    found.add(_root(node))
            elif isinstance(node, ast.Call):
                found |= self.changed_by(node, is_dropped)
        return found - self.modules - {""}

    def changed_by(self, call: ast.Call, is_dropped: bool) -> set[str]:
        """Return the names that a call may change; `is_dropped`: its value isn't used."""
        given = [*call.args, *(each.value for each in call.keywords)]
        names = (
            {each.id for each in given if isinstance(each, ast.Name)} - self.modules - self.taken
        )
        function, root = call.func, _root(call.func)
        if isinstance(function, ast.Name):
            if function.id in self.functions:
                return self.changed_by_own(function.id, call)
            if function.id in ("next", "setattr"):
                return names
            return names if is_dropped and function.id in self.taken else set()
        if root in self.modules or (root in self.taken and not is_dropped):
            at = isinstance(function, ast.Attribute) and function.attr in ("at", "shuffle")
            return names if at or (is_dropped and root in ("np", "random")) else set()
        if root in self.taken or not isinstance(function, ast.Attribute):
            return set()
        if function.attr in _READING:
            return set()
        return {root} | (names if function.attr.startswith(("apply", "step", "update")) else set())

    def changed_by_own(self, name: str, call: ast.Call) -> set[str]:
        """Return the names that a call of one of the notebook's own functions may change."""
        given, elsewhere = self.effects(name)
        found = set(elsewhere)
        for number, each in enumerate(call.args):
            if isinstance(each, ast.Name) and {number, "*"} & given:
                found.add(each.id)
        for each in call.keywords:
            if isinstance(each.value, ast.Name) and {each.arg, "*"} & given:
                found.add(each.value.id)
        return found

    def effects(self, name: str) -> tuple[set[int | str], set[str]]:
        """Return the parameters that a function may change, and what else it changes.

        A parameter is there with its name and, where it can be given by place, with its number.
        """
        if name not in self._known:
            self._known[name] = set(), set()  # what it calls may call it in turn
            given: set[int | str] = set()
            elsewhere: set[str] = set()
            for function in self.functions[name]:
                changed = self.changes(function.body)
                places = [each.arg for each in [*function.args.posonlyargs, *function.args.args]]
                named = [each.arg for each in function.args.kwonlyargs]
                packed = [each.arg for each in (function.args.vararg, function.args.kwarg) if each]
                given |= changed & {*places, *named}
                given |= {number for number, each in enumerate(places) if each in changed}
                given |= {"*"} if changed & set(packed) else set()
                elsewhere |= changed - _own_names(function)
                for node in ast.walk(function):
                    if isinstance(node, ast.Global):
                        elsewhere |= set(node.names)
            self._known[name] = given, elsewhere
        return self._known[name]


def _maybe_bound(node: ast.stmt) -> set[str]:
    """Return all names that a statement binds somewhere, functions left out."""
    return {
        each.id
        for each, _ in _outside_functions([node])
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
    } - _comprehended(node)


def _comprehended(node: ast.AST) -> set[str]:
    """Return the names of the running variables of comprehensions."""
    targets = (each.target for each in ast.walk(node) if isinstance(each, ast.comprehension))
    return {
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    }


def _outside_functions(body: Iterable[ast.AST]) -> Iterator[tuple[ast.AST, bool]]:
    """Yield all nodes that are run, each with whether its value is dropped."""
    dropped: set[int] = set()
    todo = list(body)
    while todo:
        node = todo.pop()
        yield node, id(node) in dropped
        to_nothing = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_"
        if isinstance(node, ast.Expr) or to_nothing:
            dropped.add(id(node.value))
        todo += [each for each in ast.iter_child_nodes(node) if not isinstance(each, _SCOPES)]


def _root(node: ast.AST) -> str:
    """Return the name that a chain of attributes, brackets and calls begins with, or nothing."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
