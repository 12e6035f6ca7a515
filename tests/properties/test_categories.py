# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, UnexpectedAnswer
from ansible_collections.portalops.arcgis.plugins.module_utils._model import categories as cat

TITLES = st.text("ABCabcäÄß .-", min_size=1, max_size=4).map(str.strip).filter(bool)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["title", "description", "categories", "x"]), inner, max_size=4)
    ),
    max_leaves=15,
)


def siblings(level):
    if level > cat.MAX_LEVELS:
        return st.just([])
    entry = st.fixed_dictionaries(
        {"title": TITLES, "categories": siblings(level + 1)}, optional={"description": st.text(max_size=3)}
    )
    return st.lists(entry, max_size=3, unique_by=lambda found: cat.path_key(found["title"]))


GIVEN = siblings(1).filter(bool)
TREES = GIVEN.map(cat.tree_from_option)


@given(GIVEN)
def test_good_trees_pass(categories):
    assert cat.validate_tree(categories, "categories") == []


@given(JSON)
def test_any_input_is_judged_and_what_passes_can_be_used(value):
    problems = cat.validate_tree(value, "categories")
    assert all(isinstance(problem, InputError) for problem in problems)
    if not problems:
        cat.tree_to_portal(cat.tree_from_option(value), None)


@given(JSON)
def test_any_answer_is_read_or_refused(value):
    try:
        found = cat.tree_from_portal(value)
    except UnexpectedAnswer:
        return
    assert cat.same_tree(found, cat.tree_from_portal(cat.tree_to_portal(found, found.rooted)))


@given(TREES, st.booleans())
def test_round_trip_through_the_portal(tree, rooted):
    found = cat.tree_from_portal(cat.tree_to_portal(tree, rooted))
    assert found == cat.Tree(tree.categories, rooted)


@given(TREES, TREES)
def test_difference_is_empty_exactly_for_equal_trees(first, second):
    assert cat.same_tree(first, second) == (not any(cat.difference(first, second).values()))


@given(TREES, TREES)
def test_difference_turns_one_tree_into_the_other(first, second):
    change = cat.difference(first, second)
    result = (set(cat.paths_of(first)) - set(change["removed"])) | set(change["added"])
    assert result == set(cat.paths_of(second))


@given(TREES, TREES)
def test_merge_loses_nothing_and_is_done_once(current, desired):
    merged = cat.merge(current, desired)
    assert cat.difference(current, merged)["removed"] == []
    assert set(cat.known_paths(merged)) == set(cat.known_paths(current)) | set(cat.known_paths(desired))
    assert cat.merge(merged, desired) == merged


@given(TREES, st.booleans())
def test_paths_survive_portal_and_resolution(tree, rooted):
    paths = cat.paths_of(tree)[: cat.MAX_PER_MEMBER]
    carried = cat.paths_from_portal([cat.portal_path(path, rooted) for path in paths], rooted)
    assert carried == tuple(sorted(paths))
    assert cat.Resolver(tree).resolve([path.upper() for path in carried], "categories") == (list(carried), [])


@given(st.lists(st.text("/ACatgories ", max_size=14)), st.booleans())
def test_what_members_carry_goes_back_as_the_same(values, rooted):
    carried = cat.paths_from_portal(values, rooted)
    back = [cat.portal_path(path, rooted) for path in carried]
    assert cat.paths_from_portal(back, rooted) == carried


PATHS = st.lists(st.sampled_from(["/A", "/a", "/B", "/B/C", "/D", "test"]), max_size=4)


@given(PATHS, PATHS, PATHS)
def test_changes_are_done_once(current, add, remove):
    gone = {cat.path_key(path) for path in remove}
    change = {"add": [path for path in add if cat.path_key(path) not in gone], "remove": remove}
    once = cat.apply_change(current, change)
    assert cat.apply_change(once, change) == once
    assert not gone & {cat.path_key(path) for path in once}
    assert cat.apply_change(current, {"set": add}) == tuple(sorted(set(add)))
