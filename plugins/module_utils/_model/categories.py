# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The category tree of an organization and the category paths of its members. Pure: no I/O.

Normal form of a category: ``{"title": str, "description": str (only if there is one), "categories": [category, ...]}``.
Normal form of a path: ``/A/B``, without the ``/Categories`` root that most portals put above the tree.
A value that a portal with a root carries outside that root matches no filter there, so it is never taken for the path
that it resembles: ``test`` stays ``test`` and ``/test`` becomes ``//test``.

Limits (portal REST reference, assignMemberCategorySchema): 3 levels, 200 categories, 20 a member, no ``/`` or ``,`` in
a title. Portals do not check the paths of members, so they are checked here against the tree.
"""

from __future__ import annotations

import difflib
import functools
import re
import typing as t
import unicodedata

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, UnexpectedAnswer

ROOT_TITLE = "Categories"
MAX_LEVELS = 3
MAX_CATEGORIES = 200
MAX_PER_MEMBER = 20
RESERVED = "/,"

_KEYS = ("title", "description", "categories")
_CHANGES = ("set", "add", "remove")
# Deeper answers are no category tree; the bound keeps a hostile answer from exhausting the stack.
_MAX_ANSWER_DEPTH = 20
_LONGEST_TITLE = 1024
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# Members share few paths, and each is looked at many times.
_CACHED_PATHS = 4096

Category = dict[str, t.Any]


class Tree(t.NamedTuple):
    """Categories below the root, and whether the portal keeps them under a root (None: it has no tree yet)."""

    categories: list[Category]
    rooted: bool | None = None


class Difference(t.TypedDict):
    """Normal paths, sorted as the trees list them."""

    added: list[str]
    removed: list[str]
    updated: list[str]


def _key(text: str) -> str:
    """Key that two titles or paths share if readers would call them the same."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.casefold()


def _category(title: str, description: str, children: list[Category]) -> Category:
    category: Category = {"title": title}
    if description:
        category["description"] = description
    category["categories"] = children
    return category


def _is_root(categories: t.Sequence[Category]) -> bool:
    return len(categories) == 1 and _key(str(categories[0].get("title")).strip()) == _key(ROOT_TITLE)


# -- between portal, options and normal form


def tree_from_portal(answer: t.Any) -> Tree:
    """The tree in normal form, from the list under ``memberCategorySchema`` (or None, or an empty list).

    Raises UnexpectedAnswer if this is not a list of categories.
    """
    categories = _read(answer, 1)
    if not categories:
        return Tree([], None)
    if _is_root(categories):
        return Tree(categories[0]["categories"], True)
    return Tree(categories, False)


def _read(value: t.Any, depth: int) -> list[Category]:
    if value is None:
        return []
    if not isinstance(value, list) or depth > _MAX_ANSWER_DEPTH:
        raise UnexpectedAnswer("The portal's member category schema is not a list of categories.")
    return [_read_one(item, depth) for item in value]


def _read_one(item: t.Any, depth: int) -> Category:
    title = item.get("title") if isinstance(item, dict) else None
    if not isinstance(title, str) or not title.strip():
        raise UnexpectedAnswer("The portal's member category schema holds a category without a title.")
    if len(title) > _LONGEST_TITLE or _CONTROL.search(title):
        # The tree that is written back would hold it, or miss its root.
        raise UnexpectedAnswer("The portal's member category schema holds a title that no category bears.")
    description = item.get("description")
    return _category(
        title, description if isinstance(description, str) else "", _read(item.get("categories"), depth + 1)
    )


def tree_from_option(categories: t.Sequence[t.Mapping[str, t.Any]]) -> Tree:
    """A tree as a task gives it, in normal form. It must have passed ``validate_tree``."""
    normal = _written(categories)
    return Tree(normal[0]["categories"] if _is_root(normal) else normal, None)


def _written(categories: t.Sequence[t.Mapping[str, t.Any]]) -> list[Category]:
    return [
        _category(entry["title"].strip(), entry.get("description") or "", _written(entry.get("categories") or []))
        for entry in categories
    ]


def tree_to_portal(tree: Tree, rooted: bool | None) -> list[Category]:
    """The list under ``memberCategorySchema`` as the portal takes it; an organization without a tree gets the root."""
    categories = _bare(tree.categories)
    return categories if rooted is False else [{"title": ROOT_TITLE, "categories": categories}]


def _bare(categories: t.Sequence[Category]) -> list[Category]:
    """Without empty ``categories``, as in the sample of the REST reference."""
    bare = []
    for category in categories:
        copy = {key: value for key, value in category.items() if key != "categories"}
        if category["categories"]:
            copy["categories"] = _bare(category["categories"])
        bare.append(copy)
    return bare


# -- validation


def validate_tree(categories: t.Any, option: str) -> list[InputError]:
    """All that is wrong with a tree given by a task, each error naming the path and the remedy."""
    problems: list[InputError] = []
    _check_siblings(_below_root(categories), "", 1, option, problems)
    if not problems:
        problems.extend(validate_size(tree_from_option(categories), option))
    return problems


def _below_root(categories: t.Any) -> t.Any:
    if isinstance(categories, list) and len(categories) == 1 and isinstance(categories[0], dict):
        root = categories[0]
        if _is_root(categories) and not set(root) - set(_KEYS):
            return root.get("categories") or []
    return categories


def validate_size(tree: Tree, option: str) -> list[InputError]:
    """Whether a portal takes so many categories: for a merged tree, whose titles are partly the portal's."""
    count = len(paths_of(tree))
    if not count:
        return [
            InputError(
                f"{option}: the tree holds no category.",
                option=option,
                remedy="Name at least one category, or use state=absent to remove the tree.",
            )
        ]
    if count > MAX_CATEGORIES:
        return [
            InputError(
                f"{option}: {count} categories, the portal takes {MAX_CATEGORIES}.",
                option=option,
                remedy=f"Remove {count - MAX_CATEGORIES} of them.",
            )
        ]
    return []


def _check_siblings(siblings: t.Any, parent: str, level: int, option: str, problems: list[InputError]) -> None:
    if not isinstance(siblings, list):
        problems.append(
            InputError(
                f"{option}: the categories below {parent or '/'} are not a list.",
                option=option,
                remedy="Write a list of categories, each with a title.",
            )
        )
        return
    seen: dict[str, str] = {}
    for position, entry in enumerate(siblings, 1):
        where = f"entry {position} below {parent or '/'}"
        problems.extend(
            InputError(f"{option}: {message}", option=option, remedy=remedy)
            for message, remedy in _entry_problems(entry, where, parent, seen)
        )
        if isinstance(entry, dict):
            path = f"{parent}/{entry.get('title')}"
            _check_children(entry.get("categories"), path, level, option, problems)


def _check_children(children: t.Any, path: str, level: int, option: str, problems: list[InputError]) -> None:
    if children is None or children == []:
        return
    if level == MAX_LEVELS:
        problems.append(
            InputError(
                f"{option}: {path} has categories below it, but a tree has {MAX_LEVELS} levels at most.",
                option=option,
                remedy=f"Move what is below {path} up to level {MAX_LEVELS}.",
            )
        )
        return
    _check_siblings(children, path, level + 1, option, problems)


def _entry_problems(entry: t.Any, where: str, parent: str, seen: dict[str, str]) -> t.Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        yield f"{where} is not a category.", "Write it as a mapping with title, description and categories."
        return
    unknown = sorted(str(key) for key in entry if key not in _KEYS)
    if unknown:
        yield f"{where} has unknown keys: {', '.join(unknown)}.", f"The keys of a category are {', '.join(_KEYS)}."
    if not isinstance(entry.get("description"), (str, type(None))):
        yield f"{where} has a description that is not text.", "Put the description in quotes."
    title = entry.get("title")
    if not isinstance(title, str):
        yield f"{where} has no title of type text.", "Give each category a title, in quotes if it looks like a number."
    else:
        yield from _title_problems(title.strip(), where, parent, seen)


def _title_problems(title: str, where: str, parent: str, seen: dict[str, str]) -> t.Iterator[tuple[str, str]]:
    if not title:
        yield f"{where} has an empty title.", "Give each category a title."
        return
    path = f"{parent}/{title}"
    found = [mark for mark in RESERVED if mark in title]
    if found:
        yield (
            f"{path} has {' and '.join(found)} in its title, which portals reserve.",
            "Choose a title without '/' and ','.",
        )
    if not parent and _key(title) == _key(ROOT_TITLE):
        yield (
            f"{path} bears the name that portals give to the root.",
            f"Choose another title, or put the whole tree below {ROOT_TITLE}.",
        )
    twin = seen.setdefault(_key(title), path)
    if twin is not path:
        yield f"{path} stands twice among its siblings ({twin}).", "Keep one of them, or rename one."


# -- comparing trees


def _walk(categories: t.Sequence[Category], parent: str = "") -> t.Iterator[tuple[str, Category]]:
    for category in categories:
        path = f"{parent}/{category['title']}"
        yield path, category
        yield from _walk(category["categories"], path)


def paths_of(tree: Tree) -> list[str]:
    """Every category as a path, inner ones too, in the order of the tree."""
    return [path for path, _node in _walk(tree.categories)]


def _descriptions(tree: Tree) -> dict[str, str]:
    return {path: category.get("description", "") for path, category in _walk(tree.categories)}


def same_tree(first: Tree, second: Tree) -> bool:
    """Equal but for the order of siblings. Another spelling of a title is another tree."""
    return _descriptions(first) == _descriptions(second)


def difference(current: Tree, desired: Tree) -> Difference:
    """What replacing one tree by the other does, by path. A renamed category is removed and added."""
    before, after = _descriptions(current), _descriptions(desired)
    return {
        "added": [path for path in after if path not in before],
        "removed": [path for path in before if path not in after],
        "updated": [path for path in after if path in before and before[path] != after[path]],
    }


def merge(current: Tree, desired: Tree) -> Tree:
    """Both trees in one: the portal's order and spelling first, new categories behind, descriptions of the task win."""
    return Tree(_merged(current.categories, desired.categories), current.rooted)


def _merged(current: t.Sequence[Category], desired: t.Sequence[Category]) -> list[Category]:
    wanted = {_key(category["title"].strip()): category for category in desired}
    result = []
    for category in current:
        other = wanted.pop(_key(category["title"].strip()), {"categories": []})
        description = other.get("description") or category.get("description", "")
        result.append(_category(category["title"], description, _merged(category["categories"], other["categories"])))
    result.extend(wanted.values())
    return result


# -- paths of members


@functools.lru_cache(maxsize=_CACHED_PATHS)
def normal_path(path: str) -> str:
    """``/A/B`` from a path with or without leading slash and with or without the ``/Categories`` root.

    Raises InputError for an empty path or an empty part.
    """
    text = path.strip()
    parts = [part.strip() for part in (text[1:] if text.startswith("/") else text).split("/")]
    if len(parts) > 1 and _key(parts[0]) == _key(ROOT_TITLE):
        del parts[0]
    if not all(parts):
        raise InputError(
            f"The category path '{path}' has an empty part.",
            option="categories",
            remedy="Write a path as /Department/Sales.",
        )
    return "/" + "/".join(parts)


def paths_from_portal(values: t.Any, rooted: bool | None) -> tuple[str, ...]:
    """The ``categories`` of a member in normal form, sorted; None and other shapes mean none.

    Values that no filter of the portal would find keep a form of their own (see the head of this file).
    """
    if not isinstance(values, list):
        return ()
    return tuple(sorted({_path_from_portal(value, rooted) for value in values if isinstance(value, str) and value}))


@functools.lru_cache(maxsize=_CACHED_PATHS)
def _path_from_portal(value: str, rooted: bool | None) -> str:
    inside = rooted is not True or _key(value).startswith(f"/{_key(ROOT_TITLE)}/")
    if inside:
        try:
            return normal_path(value)
        except InputError:
            pass
    return f"/{value}" if value.startswith("/") else value


def portal_path(path: str, rooted: bool | None) -> str:
    """A path in normal form as the portal keeps it with its members."""
    if path.startswith("//"):
        return path[1:]
    if rooted is False or not path.startswith("/"):
        return path
    return f"/{ROOT_TITLE}{path}"


def known_paths(tree: Tree) -> dict[str, str]:
    """Every path of the tree in its own spelling, by what ``path_key`` makes of it."""
    return {path_key(path): path for path in paths_of(tree)}


@functools.lru_cache(maxsize=_CACHED_PATHS)
def path_key(path: str) -> str:
    """What equal paths share: case, blanks around parts and the form of letters do not count."""
    return "/".join(part.strip() for part in _key(path).split("/"))


def normal_change(
    value: t.Any, option: str, member: str | None = None
) -> tuple[dict[str, list[str]], list[InputError]]:
    """``{set|add|remove: [normal paths]}`` from what a task says; a plain list means ``set``."""
    if isinstance(value, list):
        value = {"set": value}
    if not isinstance(value, dict) or set(value) - set(_CHANGES):
        return {}, [
            _member_error(
                "must be a list of paths, or a mapping of set, add, and remove.",
                option,
                member,
                "Write {set: [/A/B]}.",
            )
        ]
    change: dict[str, list[str]] = {}
    problems: list[InputError] = []
    for name, paths in value.items():
        if paths is not None:
            change[name], wrong = _normal_paths(paths, f"{option}.{name}", member)
            problems.extend(wrong)
    problems.extend(_contradictions(change, option, member))
    return change, problems


def _member_error(what: str, option: str, member: str | None, remedy: str) -> InputError:
    who = f"{member}: " if member else ""
    return InputError(f"{who}{option} {what}", option=option, member=member, remedy=remedy)


def _normal_paths(paths: t.Any, option: str, member: str | None) -> tuple[list[str], list[InputError]]:
    if not isinstance(paths, list):
        return [], [_member_error("is not a list of category paths.", option, member, "Write [/Department/Sales].")]
    normal: dict[str, str] = {}
    problems = []
    for path in paths:
        try:
            found = normal_path(path if isinstance(path, str) else "")
            normal.setdefault(path_key(found), found)
        except InputError:
            problems.append(
                _member_error(
                    f"contains '{path}', which is not a category path.", option, member, "Write /Department/Sales."
                )
            )
    return list(normal.values()), problems


def _contradictions(change: dict[str, list[str]], option: str, member: str | None) -> t.Iterator[InputError]:
    if "set" in change and len(change) > 1:
        yield _member_error(
            "gives set together with add or remove.", option, member, "Use set alone, or add and remove without it."
        )
    removed = {path_key(path) for path in change.get("remove", ())}
    both = [path for path in change.get("add", ()) if path_key(path) in removed]
    if both:
        yield _member_error(f"both adds and removes {', '.join(both)}.", option, member, "Say one of the two.")


class Resolver:
    """Finds the paths that tasks name in one tree."""

    def __init__(self, tree: Tree) -> None:
        self._known = known_paths(tree)

    def resolve(
        self, paths: t.Iterable[str], option: str, member: str | None = None, carried: t.Iterable[str] = ()
    ) -> tuple[list[str], list[InputError]]:
        """Normal paths in the spelling of the tree, and an error for each that neither the tree nor ``carried`` knows.

        ``carried`` are paths that the member has already. They can be removed even if the tree does not contain them.
        """
        result: dict[str, None] = {}
        problems = []
        extra = {_carried_key(path): path for path in carried}
        for path in paths:
            key = path_key(path)
            found = self._known.get(key) or extra.get(key)
            if found is None:
                problems.append(self._unknown(path, option, member))
            else:
                result[found] = None
        problems.extend(validate_count(result, option, member))
        return list(result), problems

    def _unknown(self, path: str, option: str, member: str | None) -> InputError:
        near = [self._known[key] for key in difflib.get_close_matches(path_key(path), self._known, n=3, cutoff=0.5)]
        hint = f"Did you mean {' or '.join(near)}?" if near else "Add it to the category tree first."
        known = f"; near paths are {', '.join(near)}" if near else ""
        return _member_error(
            f"names {path}, which the organization's category tree does not have{known}.", option, member, hint
        )


def validate_count(paths: t.Collection[str], option: str, member: str | None = None) -> list[InputError]:
    """Whether a member can have so many categories."""
    if len(paths) <= MAX_PER_MEMBER:
        return []
    return [
        _member_error(
            f"comes to {len(paths)} categories, a member has {MAX_PER_MEMBER} at most.",
            option,
            member,
            f"Remove {len(paths) - MAX_PER_MEMBER} of them.",
        )
    ]


def _carried_key(path: str) -> str:
    """A value outside the root matches the path that it resembles, so that it can be removed."""
    return path_key("/" + path.lstrip("/"))


def apply_change(current: t.Iterable[str], change: t.Mapping[str, t.Sequence[str]]) -> tuple[str, ...]:
    """The paths of a member after a change, sorted.

    What the tree does not know is kept by ``add`` and ``remove`` and dropped by ``set``.
    A path that the member has in another spelling takes the spelling of the change.
    """
    if "set" in change:
        return tuple(sorted(set(change["set"])))
    result = {path_key(path): path for path in current}
    result.update((path_key(path), path) for path in change.get("add", ()))
    removed = {_carried_key(path) for path in change.get("remove", ())}
    return tuple(sorted(path for path in result.values() if _carried_key(path) not in removed))


def same_paths(first: t.Iterable[str], second: t.Iterable[str]) -> bool:
    """Whether two lists of normal paths mean the same categories."""
    return {path_key(path) for path in first} == {path_key(path) for path in second}


def members_affected(removed: t.Iterable[str], members: t.Mapping[str, t.Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Which members carry which of the removed paths: ``{username: lost paths}``, only those who lose some."""
    gone = {path_key(path) for path in removed}
    affected = {}
    for username, paths in members.items():
        lost = tuple(path for path in paths if path_key(path) in gone)
        if lost:
            affected[username] = lost
    return affected
