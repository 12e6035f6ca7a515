# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, UnexpectedAnswer
from ansible_collections.portalops.arcgis.plugins.module_utils._model import categories as cat


def node(title, *children, description=None):
    entry = {"title": title}
    if description is not None:
        entry["description"] = description
    if children:
        entry["categories"] = list(children)
    return entry


def tree(*categories, rooted=True):
    found = cat.tree_from_portal([node("Categories", *categories)] if rooted else list(categories))
    return found


OFFICES = node("Office", node("USA", node("Maine"), node("Ohio")), node("Europe", node("Zurich")))
DEPARTMENTS = node("Department", node("Sales"), node("Consulting"), description="who pays")


class TestPortalForm:
    @pytest.mark.parametrize("answer", [None, []])
    def test_no_tree(self, answer):
        assert cat.tree_from_portal(answer) == cat.Tree([], None)

    def test_lone_root_is_stripped(self):
        found = cat.tree_from_portal([node("Categories", OFFICES)])
        assert found.rooted is True
        assert [entry["title"] for entry in found.categories] == ["Office"]

    def test_root_without_children(self):
        assert cat.tree_from_portal([{"title": "Categories"}]) == cat.Tree([], True)

    def test_tree_without_root(self):
        found = cat.tree_from_portal([OFFICES, DEPARTMENTS])
        assert found.rooted is False
        assert [entry["title"] for entry in found.categories] == ["Office", "Department"]

    def test_descriptions_are_read_and_other_keys_dropped(self):
        found = cat.tree_from_portal(
            [{"title": "A", "description": "x", "source": 1}, {"title": "B", "description": None}]
        )
        assert found.categories == [
            {"title": "A", "description": "x", "categories": []},
            {"title": "B", "categories": []},
        ]

    @pytest.mark.parametrize(
        "answer", [{}, "x", 3, ["x"], [{}], [{"title": None}], [{"title": " "}], [{"title": "A", "categories": {}}]]
    )
    def test_other_shapes_are_refused(self, answer):
        with pytest.raises(UnexpectedAnswer):
            cat.tree_from_portal(answer)

    def test_endless_depth_is_refused(self):
        answer = []
        for _unused in range(900):
            answer = [{"title": "A", "categories": answer}]
        with pytest.raises(UnexpectedAnswer):
            cat.tree_from_portal(answer)

    @pytest.mark.parametrize("rooted", [True, False])
    def test_round_trip(self, rooted):
        found = tree(OFFICES, DEPARTMENTS, rooted=rooted)
        assert cat.tree_from_portal(cat.tree_to_portal(found, rooted)) == found

    def test_new_tree_gets_the_root(self):
        assert cat.tree_to_portal(cat.tree_from_option([node("A", description="d")]), None) == [
            {"title": "Categories", "categories": [{"title": "A", "description": "d"}]}
        ]

    def test_without_root_as_in_the_reference(self):
        assert cat.tree_to_portal(cat.tree_from_option([node("A", node("B"))]), False) == [
            {"title": "A", "categories": [{"title": "B"}]}
        ]


class TestOption:
    def test_normal_form(self):
        found = cat.tree_from_option([{"title": " A ", "description": None, "categories": None}])
        assert found == cat.Tree([{"title": "A", "categories": []}], None)

    def test_root_of_the_user_is_stripped(self):
        assert cat.tree_from_option([node("categories", node("A"))]) == cat.tree_from_option([node("A")])


class TestValidation:
    def messages(self, categories):
        found = cat.validate_tree(categories, "categories")
        assert all(isinstance(error, InputError) and error.details["remedy"] for error in found)
        assert all(error.details["option"] == "categories" for error in found)
        return [str(error) for error in found]

    def test_good_tree(self):
        assert self.messages([OFFICES, DEPARTMENTS]) == []

    def test_good_tree_below_the_root(self):
        assert self.messages([node("Categories", OFFICES)]) == []

    def test_four_levels(self):
        (message,) = self.messages([node("A", node("B", node("C", node("D", node("E")))))])
        assert "/A/B/C has categories below it" in message

    def test_four_levels_below_the_root(self):
        (message,) = self.messages([node("Categories", node("A", node("B", node("C", node("D")))))])
        assert "/A/B/C" in message

    def test_200_categories_pass_and_201_do_not(self):
        assert self.messages([node("A", *[node(f"b{i}") for i in range(199)])]) == []
        (message,) = self.messages([node("A", *[node(f"b{i}") for i in range(200)])])
        assert "201 categories" in message

    @pytest.mark.parametrize("mark", ["/", ","])
    def test_reserved_marks(self, mark):
        (message,) = self.messages([node("A", node(f"x{mark}y"))])
        assert f"/A/x{mark}y" in message and mark in message

    @pytest.mark.parametrize("title", [None, 2024, ["A"], True])
    def test_title_of_another_type(self, title):
        (message,) = self.messages([node("A", {"title": title})])
        assert "entry 1 below /A has no title of type text" in message

    @pytest.mark.parametrize("title", ["", "  "])
    def test_blank_title(self, title):
        (message,) = self.messages([node(title)])
        assert "entry 1 below / has an empty title" in message

    def test_missing_title(self):
        assert len(self.messages([{}])) == 1

    def test_twins(self):
        (message,) = self.messages([node("A", node("Sales"), node(" sales"))])
        assert "/A/sales stands twice" in message and "/A/Sales" in message

    def test_twins_in_another_form_of_letters(self):
        assert len(self.messages([node("Z\u00fcrich"), node("Zu\u0308rich")])) == 1

    def test_the_same_title_below_other_parents(self):
        assert self.messages([node("A", node("X")), node("B", node("X"))]) == []

    @pytest.mark.parametrize("categories", [[], [node("Categories")]])
    def test_empty_tree(self, categories):
        (message,) = self.messages(categories)
        assert "no category" in message

    def test_root_title_among_others(self):
        (message,) = self.messages([node("Categories"), node("A")])
        assert "root" in message

    @pytest.mark.parametrize("categories", [None, "A", {"title": "A"}])
    def test_no_list(self, categories):
        (message,) = self.messages(categories)
        assert "not a list" in message

    def test_children_that_are_no_list(self):
        (message,) = self.messages([{"title": "A", "categories": "B"}])
        assert "below /A are not a list" in message

    def test_entry_of_another_type(self):
        (message,) = self.messages(["A"])
        assert "entry 1 below / is not a category" in message

    def test_unknown_keys_and_description(self):
        first, second = self.messages([{"title": "A", "childs": [], "description": 3}])
        assert "childs" in first and "description" in second

    def test_unknown_keys_of_the_root_are_not_swallowed(self):
        assert any("childs" in message for message in self.messages([{"title": "Categories", "childs": []}]))

    def test_everything_is_reported_together(self):
        assert len(self.messages([node("A/B"), node(""), node("C", node("D"), node("D"))])) == 3

    def test_depth_of_the_input_does_not_matter(self):
        categories = [node("A")]
        for _unused in range(5000):
            categories = [{"title": "A", "categories": categories}]
        assert len(self.messages(categories)) == 1


class TestComparison:
    def test_order_does_not_count(self):
        assert cat.same_tree(tree(OFFICES, DEPARTMENTS), tree(DEPARTMENTS, OFFICES, rooted=False))

    def test_description_counts_and_missing_is_empty(self):
        assert not cat.same_tree(tree(node("A")), tree(node("A", description="x")))
        assert cat.same_tree(tree(node("A")), tree(node("A", description="")))

    def test_spelling_counts(self):
        assert not cat.same_tree(tree(node("A")), tree(node("a")))

    def test_difference(self):
        current = tree(node("A", node("B"), node("C")), node("D", description="old"))
        desired = tree(node("D", description="new"), node("A", node("C"), node("E", node("F"))))
        assert cat.difference(current, desired) == {
            "added": ["/A/E", "/A/E/F"],
            "removed": ["/A/B"],
            "updated": ["/D"],
        }

    def test_merge(self):
        current = tree(node("A", node("B"), description="kept"), node("C", description="old"))
        desired = cat.tree_from_option([node("New"), node("c", node("D"), description="new"), node("a", node("E"))])
        assert cat.tree_to_portal(cat.merge(current, desired), True)[0]["categories"] == [
            {"title": "A", "description": "kept", "categories": [{"title": "B"}, {"title": "E"}]},
            {"title": "C", "description": "new", "categories": [{"title": "D"}]},
            {"title": "New"},
        ]
        assert cat.merge(current, desired).rooted is True

    def test_size_of_a_merged_tree(self):
        current = tree(*[node(f"a{i}") for i in range(150)])
        merged = cat.merge(current, cat.tree_from_option([node(f"b{i}") for i in range(60)]))
        (error,) = cat.validate_size(merged, "categories")
        assert "210 categories" in str(error)


class TestPaths:
    @pytest.mark.parametrize(
        "path", ["/Categories/A/B", "Categories/A/B", "/categories/A/B", "/A/B", "A/B", " / A / B ", "/CATEGORIES/ A/B"]
    )
    def test_normal_form(self, path):
        assert cat.normal_path(path) == "/A/B"

    @pytest.mark.parametrize("path", ["", "/", "//", "/A//B", "/A/", "A/ /B", "/Categories/", "  "])
    def test_empty_parts(self, path):
        with pytest.raises(InputError):
            cat.normal_path(path)

    def test_a_path_that_is_the_root_only(self):
        assert cat.normal_path("/Categories") == "/Categories"

    def test_portal_form(self):
        assert cat.portal_path("/A/B", True) == "/Categories/A/B"
        assert cat.portal_path("/A/B", None) == "/Categories/A/B"
        assert cat.portal_path("/A/B", False) == "/A/B"

    @pytest.mark.parametrize(
        "value", ["test", "/test", "Test/x", "/Categories", "/Categories/", "/Categories//x", "//", "/"]
    )
    def test_values_outside_the_root_go_back_as_they_came(self, value):
        (path,) = cat.paths_from_portal([value], True)
        assert cat.portal_path(path, True) == value

    def test_values_outside_the_root_are_not_the_path_they_resemble(self):
        assert "/test" not in cat.paths_from_portal(["test", "/test"], True)

    def test_members_of_a_portal_without_root(self):
        assert cat.paths_from_portal(["/B", "/Categories/A", "C", "/"], False) == ("//", "/A", "/B", "/C")

    @pytest.mark.parametrize("values", [None, "x", {}, [None, 3, ""]])
    def test_other_shapes_mean_none(self, values):
        assert cat.paths_from_portal(values, True) == ()

    def test_known_paths(self):
        found = cat.known_paths(tree(OFFICES))
        assert found["/office/usa"] == "/Office/USA"
        assert len(found) == 6


class TestResolve:
    TREE = tree(OFFICES, DEPARTMENTS)

    def test_spelling_of_the_tree(self):
        assert cat.Resolver(self.TREE).resolve(["/office/usa/MAINE", "/Office", "/OFFICE"], "categories") == (
            ["/Office/USA/Maine", "/Office"],
            [],
        )

    def test_unknown_path_names_near_ones(self):
        paths, (error,) = cat.Resolver(self.TREE).resolve(["/Department/Sale"], "categories", "ann")
        assert paths == []
        assert str(error).startswith("ann: categories names /Department/Sale")
        assert "/Department/Sales" in error.details["remedy"]
        assert error.details["member"] == "ann"

    def test_unknown_path_without_near_ones(self):
        unused, (error,) = cat.Resolver(cat.Tree([], None)).resolve(["/qqqq"], "categories")
        assert "category tree first" in error.details["remedy"]

    def test_carried_paths_are_known(self):
        carried = ("test", "/Old/One")
        paths, problems = cat.Resolver(self.TREE).resolve(["/test", "/old/one"], "categories", "ann", carried)
        assert (paths, problems) == (["test", "/Old/One"], [])

    def test_twenty_at_most(self):
        big = tree(*[node(f"n{i}") for i in range(21)])
        assert cat.Resolver(big).resolve([f"/n{i}" for i in range(20)], "categories")[1] == []
        unused, (error,) = cat.Resolver(big).resolve([f"/n{i}" for i in range(21)], "categories", "ann")
        assert "21 categories" in str(error)


class TestChange:
    def test_list_means_set(self):
        assert cat.normal_change(["A", "/Categories/B", "/a"], "categories") == ({"set": ["/A", "/B"]}, [])

    def test_mapping(self):
        assert cat.normal_change({"add": ["A"], "remove": [], "set": None}, "categories") == (
            {"add": ["/A"], "remove": []},
            [],
        )

    @pytest.mark.parametrize("value", ["A", 3, None, {"put": []}, {"set": [], "x": 1}])
    def test_other_shapes(self, value):
        change, (error,) = cat.normal_change(value, "categories", "ann")
        assert change == {}
        assert str(error).startswith("ann: categories must be a list of paths, or a mapping")

    @pytest.mark.parametrize("path", [3, None, "", "/A//B"])
    def test_bad_path(self, path):
        change, (error,) = cat.normal_change({"add": ["A", path]}, "categories", "ann")
        assert change == {"add": ["/A"]}
        assert repr(path) in str(error) and error.details["option"] == "categories.add"

    def test_paths_that_are_no_list(self):
        unused, (error,) = cat.normal_change({"add": "A"}, "categories")
        assert "not a list" in str(error)

    def test_set_with_add(self):
        unused, (error,) = cat.normal_change({"set": ["A"], "add": ["B"]}, "categories")
        assert "set together with" in str(error)

    def test_added_and_removed(self):
        unused, (error,) = cat.normal_change({"add": ["A"], "remove": ["a"]}, "categories")
        assert "both adds and removes /A" in str(error)

    def test_set_wins_alone_and_drops_leftovers(self):
        assert cat.apply_change(["test", "/A"], {"set": ["/C", "/B"]}) == ("/B", "/C")

    def test_set_to_nothing(self):
        assert cat.apply_change(["/A"], {"set": []}) == ()

    def test_add_keeps_leftovers(self):
        assert cat.apply_change(["test", "/A"], {"add": ["/B"]}) == ("/A", "/B", "test")

    def test_add_what_is_there_in_another_spelling(self):
        assert cat.apply_change(["/a"], {"add": ["/A"]}) == ("/A",)

    def test_remove_in_another_spelling_and_leftovers(self):
        assert cat.apply_change(["/A", "/B", "test"], {"remove": ["/a", "/test", "/none"]}) == ("/B",)

    def test_add_and_remove(self):
        assert cat.apply_change(["/A"], {"add": ["/B"], "remove": ["/A"]}) == ("/B",)

    def test_nothing_to_do(self):
        assert cat.apply_change(["/B", "/A"], {}) == ("/A", "/B")

    def test_same_paths(self):
        assert cat.same_paths(["/A", "/b"], ["/B", "/a"])
        assert not cat.same_paths(["test"], ["/test"])


def test_members_affected():
    members = {"ann": ("/A/B", "/C"), "bob": ("/C",), "cy": ("/a/b", "/D")}
    assert cat.members_affected(["/A/B", "/D"], members) == {"ann": ("/A/B",), "cy": ("/a/b", "/D")}
