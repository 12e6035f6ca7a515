# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MissingLibrary, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._roster import reader, shape, yaml
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import specs_from_file
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


@pytest.fixture
def read(write):
    """Entries of a file with this content."""

    def read(name, content, **options):
        return read_roster(write(name, content), **options).entries

    return read


@pytest.fixture
def errors(write):
    """Messages about a file with this content."""

    def errors(name, content, **options):
        with pytest.raises(InputError) as caught:
            problems_of(write(name, content), options)
        return [caught.value.message]

    def problems_of(path, options):
        try:
            read_roster(path, **options)
        except MultipleErrors as error:
            raise InputError("\n".join(problem.message for problem in error.problems)) from None

    return errors


@pytest.fixture(params=["libyaml", "python"])
def any_loader(request, monkeypatch):
    if request.param == "python":
        monkeypatch.delattr(yaml.yaml, "CSafeLoader")
    else:
        assert hasattr(yaml.yaml, "CSafeLoader")


class TestForm:
    ANN = [{"username": "ann"}]

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("r.yml", "- username: ann"),
            ("r.YAML", "members: [{username: ann}]"),
            ("r.json", '[{"username": "ann"}]'),
            ("r.csv", "username\nann\n"),
            ("r.tsv", "username\trole\nann\t\n"),
            ("roster", "# members\n\n---\n- username: ann"),
            ("roster", "- username: ann"),
            ("roster", "-\n  username: ann"),
            ("roster", "members:\n- username: ann"),
            ("roster", '"members":\n- username: ann'),
            ("roster", "%YAML 1.2\n---\n- username: ann"),
            ("roster", ' {"members": [{"username": "ann"}]}'),
            ("roster", "username;role\nann;\n"),
            ("roster", b"\xef\xbb\xbfusername,role\nann,\n"),
            ("roster", "username,role\nann,\n".encode("utf-16")),
            ("roster.txt", "sep=;\nusername;role\nann;\n"),
        ],
    )
    def test_by_extension_or_else_by_content(self, read, name, content):
        assert read(name, content) == self.ANN

    def test_positions(self, write):
        assert read_roster(write("r.yml", "# x\n- username: ann\n\n- username: bob")).position(1) == "line 4"
        assert read_roster(write("r.json", '[{"username": "ann"}, {"username": "bob"}]')).position(1) == "entry 2"
        roster = read_roster(write("r.csv", 'sep=,\nusername,description\nann,"two\nlines"\n\nbob,\n'))
        assert [roster.position(index) for index in (0, 1)] == ["line 3", "line 6"]
        assert roster.form == "csv"


class TestFile:
    def test_missing(self, tmp_path):
        with pytest.raises(InputError) as caught:
            read_roster(str(tmp_path / "none.yml"))
        assert "none.yml is not readable: No such file" in caught.value.message
        assert caught.value.details["option"] == "src"

    def test_directory(self, tmp_path):
        with pytest.raises(InputError, match="not a regular file"):
            read_roster(str(tmp_path))

    def test_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(InputError, match="not a regular file"):
            read_roster(str(tmp_path / "pipe"))

    def test_too_large(self, write, monkeypatch):
        monkeypatch.setattr(reader, "MAX_BYTES", 10)
        with pytest.raises(InputError, match="more than 10"):
            read_roster(write("r.yml", "- username: ann_long"))

    def test_vault(self, write):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"))
        assert "not decrypted" in caught.value.message
        assert "vault password" in caught.value.details["remedy"]

    @pytest.mark.parametrize("name", ["r.csv", "r.json"])
    def test_other_encodings(self, write, name):
        with pytest.raises(InputError, match="not UTF-8") as caught:
            read_roster(write(name, 'username\n"J\xfcrgen"\n'.encode("latin-1")))
        assert "CSV UTF-8" in caught.value.details["remedy"]

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("r.yml", ""),
            ("r.yml", "---\n"),
            ("r.yml", "[]"),
            ("r.yml", "members:"),
            ("r.json", "[]"),
            ("r.csv", "username\n"),
        ],
    )
    def test_empty(self, write, name, content):
        with pytest.raises(InputError, match="contains no member"):
            read_roster(write(name, content))

    def test_yaml_library_is_missing(self, write, monkeypatch):
        monkeypatch.setattr(yaml, "HAS_YAML", False)
        with pytest.raises(MissingLibrary, match="PyYAML"):
            read_roster(write("r.yml", "- username: ann"))
        assert read_roster(write("r.csv", "username\nann\n")).entries == [{"username": "ann"}]

    def test_yaml_library_is_guarded(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "yaml", None)
        spec = importlib.util.spec_from_file_location("without_yaml", yaml.__file__)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.HAS_YAML is False
        assert "yaml" in module.YAML_TRACEBACK

    def test_own_spec(self, read):
        spec = {"username": {"type": "str"}, "size": {"type": "raw"}}
        assert read("r.yml", "- {username: ann, size: 3}", spec=spec) == [{"username": "ann", "size": 3}]


@pytest.mark.usefixtures("any_loader")
class TestYaml:
    @pytest.mark.parametrize("text", ["0123", "1e5", "on", "No", "12:30", "0x1F", "1_000", "2024-01-31", "True", ".5"])
    def test_text_stays_as_written(self, read, text):
        content = f"- username: '{text}'\n  last_name: {text}\n  tags: [{text}]\n  password: {text}\n"
        assert read("r.yml", content) == [{"username": text, "last_name": text, "tags": [text], "password": text}]

    @pytest.mark.parametrize("name", ["username", "idp_username", "transfer_to"])
    @pytest.mark.parametrize(
        "text", ["00412345", "412345", "1.5", "on", "No", "12:30", "0x1F", "1_000", "2024-01-31", "True", ".5"]
    )
    def test_names_that_yaml_reads_as_something_else_need_quotes(self, errors, name, text):
        entry = {"username": "ann", name: "QUOTED"}
        content = "- " + "\n  ".join(f"{key}: {value}" for key, value in entry.items())
        (message,) = errors("r.yml", content.replace("QUOTED", text))
        assert f"{name} {text!r} is text for some programs and a number" in message

    @pytest.mark.parametrize("text", ["010", "-0777", "0_7"])
    def test_credits_with_leading_zeros_are_octal_somewhere(self, errors, text):
        (message,) = errors("r.yml", f"- username: ann\n  credits: {text}\n")
        assert f"line 2, ann: credits {text!r} is text for some programs" in message

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("12", 12),
            ("-3", -3),
            ("1.5", 1.5),
            ("1e3", "1e3"),
            (".5", 0.5),
            ("unlimited", "unlimited"),
            ("'12'", "12"),
        ],
    )
    def test_numbers(self, read, text, value):
        (entry,) = read("r.yml", f"- username: ann\n  credits: {text}\n")
        assert entry["credits"] == value
        assert type(entry["credits"]) is type(value)

    def test_enormous_numbers_are_cheap(self, read):
        (entry,) = read("r.yml", f"- username: ann\n  credits: {'9' * 100000}\n")
        assert entry["credits"] == float("inf")

    @pytest.mark.parametrize(
        ("text", "value"), [("true", True), ("FALSE", False), ("yes", "yes"), ("'true'", "true"), ("1", "1")]
    )
    def test_flags(self, read, text, value):
        (entry,) = read("r.yml", f"- username: ann\n  enabled: {text}\n")
        assert (entry["enabled"], type(entry["enabled"])) == (value, type(value))

    @pytest.mark.parametrize("text", ["", "~", "null", "NULL"])
    def test_null_leaves_alone(self, read, text):
        assert read("r.yml", f"- username: ann\n  role: {text}\n  email: ''\n") == [{"username": "ann", "email": ""}]

    def test_collections(self, read):
        content = "- username: ann\n  tags: [a, b]\n  categories: {add: [/A/B], remove: [], set: ~}\n"
        assert read("r.yml", content) == [
            {"username": "ann", "tags": ["a", "b"], "categories": {"add": ["/A/B"], "remove": [], "set": None}}
        ]

    def test_long_text(self, read):
        assert read("r.yml", "- username: ann\n  description: |\n    one\n    two\n")[0]["description"] == "one\ntwo\n"

    def test_tags_of_text(self, read):
        content = "- username: !!str 12\n  password: !unsafe '{{ x }}'\n  role: ! 3\n  tags: !!seq [a]\n"
        assert read("r.yml", content) == [{"username": "12", "password": "{{ x }}", "role": "3", "tags": ["a"]}]

    def test_aliases(self, read):
        content = (
            "- username: ann\n  role: &r 12\n  tags: &t [a, &x b]\n  categories: &c {set: [*x]}\n"
            "- username: bob\n  role: *r\n  credits: *r\n  tags: [*x]\n  categories: *c\n"
            "- username: cy\n  categories: *t\n  tags: &u [c]\n"
            "- username: di\n  categories: {set: *u}\n"
        )
        ann, bob, cy, di = read("r.yml", content)
        assert ann["categories"] == {"set": ["b"]}
        assert bob == {"username": "bob", "role": "12", "credits": 12, "tags": ["b"], "categories": {"set": ["b"]}}
        assert cy["categories"] == ["a", "b"]
        assert di["categories"] == {"set": ["c"]}

    def test_merge_keys(self, read):
        content = (
            "- &base\n  username: ann\n  role: editor\n  credits: 1\n"
            "- &more\n  username: bob\n  role: viewer\n  region: US\n"
            "- <<: *base\n  username: cy\n  credits: ~\n"
            "- username: di\n  <<: [*more, *base]\n"
            "- <<: {role: x}\n  username: ed\n"
        )
        assert read("r.yml", content)[2:] == [
            {"username": "cy", "role": "editor"},
            {"username": "di", "role": "viewer", "region": "US", "credits": 1},
            {"username": "ed", "role": "x"},
        ]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("just words", "line 1: The file contains no list of members"),
            ("members: ann", "line 1: The file contains no list of members"),
            ("- ann", "line 1: The entry is not a mapping"),
            ("- [ann]", "line 1: The entry is not a mapping"),
            ("- username: ann\n  emial: x", "line 2, ann: Key 'emial' is unknown"),
            ("- username: ann\n  emial: {a: [b, {c: d}]}\n  role: r", "line 2, ann: Key 'emial' is unknown"),
            ("- role: x", "line 1: The entry has no username"),
            ("- username:\n", "line 1: The entry has no username"),
            ("- username: ' '\n", "line 1: The entry has no username"),
            ("- username: [ann]\n", "line 1: The entry has no username"),
            ("- username: ann\n  role: a\n  role: b", "line 3, ann: Key 'role' occurs twice"),
            ("- username: ann\n  categories: {set: [], set: []}", "line 2: Key 'set' occurs twice"),
            ("members: [{username: ann}]\nguards: {}", "line 2: Key 'guards' beside members is unknown"),
            ("members: [{username: ann}]\nmembers: []", "line 2: The key members occurs twice"),
            ("- username: ann\n  ? [a]\n  : b", "line 2: A key is not text"),
            ("- username: ann\n---\n- username: bob", "line 2: A second document begins"),
            (
                "- username: ann\n  role: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    61\n",
                "line 2: A value is encrypted",
            ),
            ("- username: ann\n  role: !!int 3\n", "The tag 'tag:yaml.org,2002:int' is not allowed"),
            ("- !!python/object:os.system {username: ann}", "is not allowed"),
            ("- username: ann\n  tags: !!set {a}", "is not allowed"),
            ("- username: ann\n  tags: *none", "line 2: The alias has no anchor"),
            ("- username: ann\n  tags: &t [*t]", "line 2: The alias has no anchor"),
            ("- username: ann\n  <<: x", "line 2: << does not merge a mapping"),
            ("- username: &n ann\n  <<: *n", "line 2: << does not merge a mapping"),
            ("- username: ann\n  categories: &c {set: []}\n  <<: *c", "line 1, ann: Key 'set' is unknown"),
            ("- username: ann\n  tags: [[[[a]]]]", "line 2: tags is nested too deeply"),
            ("- username: ann\n  tags: &t [[[a]]]\n  categories: [*t]", "line 3: categories is nested too deeply"),
        ],
    )
    def test_refused(self, errors, content, message):
        (text,) = errors("r.yml", content)
        assert message in text

    @pytest.mark.parametrize("content", ["- username: 'ann", "- username: a: b", "\t- x", "- username: \x01"])
    def test_invalid(self, write, content):
        with pytest.raises(InputError, match="not valid YAML") as caught:
            read_roster(write("r.yml", content))
        assert caught.value.details["option"] == "src"

    def test_errors_do_not_quote_the_file(self, write):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.yml", "- username: ann\n  password: s3cr3t-phrase: 'x\n"))
        assert "s3cr3t" not in str(caught.value.facts())

    def test_all_errors_are_reported_together(self, write):
        with pytest.raises(MultipleErrors) as caught:
            read_roster(write("r.yml", "- rol: x\n- username: bob\n  rol: y\n"))
        assert [(problem.details["line"], problem.details["member"]) for problem in caught.value.problems] == [
            (1, None),
            (1, None),
            (3, "bob"),
        ]
        assert "role" in caught.value.problems[0].details["remedy"]

    def test_no_more_than_one_can_read(self, write):
        with pytest.raises(MultipleErrors) as caught:
            read_roster(write("r.yml", "- rol: x\n" * 400))
        assert len(caught.value.problems) == shape.MAX_ERRORS + 1
        assert "750 more" in caught.value.problems[-1].message


class TestHostileYaml:
    def test_aliases_of_aliases(self, errors, monkeypatch):
        monkeypatch.setattr(yaml, "_MAX_ALIASED", 1000)
        content = "- username: ann\n  tags: &t [" + "a, " * 99 + "b]\n" + "- username: bob\n  tags: *t\n" * 20
        (text,) = errors("r.yml", content)
        assert "Aliases make the roster too large" in text

    def test_laughs(self, errors):
        lines = ["- username: ann\n  tags: &a0 [x, x, x, x, x, x, x, x, x]\n"]
        lines += [f"- username: u{i}\n  tags: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)]
        start = time.process_time()
        (text,) = errors("r.yml", "".join(lines))
        assert "nested too deeply" in text or "too large" in text or "aliases" in text
        assert time.process_time() - start < 5

    def test_depth_does_not_matter(self, write):
        with pytest.raises(InputError):
            read_roster(write("r.yml", "- username: ann\n  x: " + "[" * 900 + "]" * 900))


class TestJson:
    def test_values(self, read):
        content = [
            {"username": "12", "enabled": True, "credits": 1.5, "level": 2, "role": None, "categories": {"set": ["/A"]}}
        ]
        assert read("r.json", json.dumps(content)) == [
            {"username": "12", "enabled": True, "credits": 1.5, "level": "2", "categories": {"set": ["/A"]}}
        ]

    def test_members_key(self, read):
        assert read("r.json", '\ufeff{"members": [{"username": "ann"}]}') == [{"username": "ann"}]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ('[{"username": "ann", "username": "bob"}]', "bob: Key 'username' occurs twice"),
            ('[{"username": "ann", "credits": NaN}]', "NaN is not a JSON number"),
            ('[{"username": "ann", "credits": -Infinity}]', "-Infinity is not a JSON number"),
            ('[{"username": "ann",}]', "line 1: The file is not valid JSON: "),
            ("[" * 100000, "nested too deeply"),
            ('{"members": 3}', "contains no list"),
            ("3", "contains no list"),
            ("{}", "contains no list"),
            ('{"member": []}', "Key 'member' beside members is unknown"),
            ('{"members": ["ann"]}', "entry 1: The entry is not a mapping"),
            ('[{"username": "ann", "emial": "x"}]', "entry 1, ann: Key 'emial' is unknown"),
            ('[{"username": 412345}]', "entry 1: username '412345' is text for some programs and a number"),
            ('[{"username": "ann", "idp_username": 1.5}]', "entry 1, ann: idp_username '1.5' is text for some"),
            ('[{"username": "ann", "categories": [[[[1]]]]}]', "entry 1: categories is nested too deeply"),
            ('[{"username": ["ann"]}]', "entry 1: The entry has no username"),
        ],
    )
    def test_refused(self, errors, content, message):
        (text,) = errors("r.json", content)
        assert message in text

    def test_errors_do_not_quote_the_file(self, write):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.json", '[{"username": "ann", "password": "s3cr3t-phrase" x}]'))
        assert "s3cr3t" not in str(caught.value.facts())


class TestCsv:
    def test_values(self, read):
        content = (
            "username,enabled,credits,tags,categories,password,last_name\r\n"
            'ann,Yes,12,a; b;,/A/B;/C, =pw ,"O""Neill, Ann"\r\n'
            "bob,0,unlimited,;,,,\r\n"
            "cy\r\n"
            ",,,,,,\r\n"
        )
        assert read("r.csv", content) == [
            {
                "username": "ann",
                "enabled": True,
                "credits": "12",
                "tags": ["a", "b"],
                "categories": ["/A/B", "/C"],
                "password": " =pw ",
                "last_name": 'O"Neill, Ann',
            },
            {"username": "bob", "enabled": False, "credits": "unlimited", "tags": []},
            {"username": "cy"},
        ]

    @pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
    def test_delimiter_is_found(self, read, mark):
        content = f'"Who, then; who"{mark}role{mark}"last_name"\nann{mark}r{mark}x\n'
        assert read("r.csv", content, columns={"Who, then; who": "username"}) == [
            {"username": "ann", "role": "r", "last_name": "x"}
        ]

    @pytest.mark.parametrize(("word", "mark"), [("tab", "\t"), ("\\t", "\t"), (":", ":")])
    def test_delimiter_is_given(self, read, word, mark):
        assert read("r.csv", f"username{mark}role\nann{mark}r\n", delimiter=word) == [{"username": "ann", "role": "r"}]

    def test_line_breaks_of_text_are_no_rows(self, read):
        assert read("r.csv", "username,description\nann,a\u2028b\x0bc\n") == [
            {"username": "ann", "description": "a\u2028b\x0bc"}
        ]

    def test_case_and_blanks_of_the_header(self, read):
        assert read("r.csv", "Username, User Type ,idp-username\nann, y,\n") == [{"username": "ann", "user_type": "y"}]

    def test_columns(self, write):
        path = write("r.csv", "Login,Rights,role,Cost centre,region\nann,r1,r2,4711,US\n")
        roster = read_roster(path, columns={"Login": "username", "Rights": "role", "role": None, "region": ""})
        assert roster.entries == [{"username": "ann", "role": "r1"}]
        assert roster.ignored == ("Cost centre",)

    def test_names_of_fields_beside_columns(self, read):
        assert read("r.csv", "Login,role\nann,r\n", columns={"Login": "username"}) == [{"username": "ann", "role": "r"}]

    @pytest.mark.parametrize(
        ("content", "options", "message"),
        [
            ("username,emial\nann,x\n", {}, "line 1: Column 2 is unknown: 'emial'"),
            ("Login,Regions\nann,x\n", {"columns": {"Login": "username"}}, "line 1: Column 2 is unknown: 'Regions'"),
            ("Login,emial\nann,x\n", {"columns": {"Login": "username"}}, "line 1: Column 2 is unknown: 'emial'"),
            ("username,role,Role\nann,x,y\n", {}, "line 1: Several columns are named role"),
            ("role\nx\n", {}, "line 1: No column is the username"),
            ("", {}, "The first row is not a header"),
            ("username\nann\n", {"columns": {"Login": "username"}}, "columns: The file has no column 'Login'"),
            ("Login\nann\n", {"columns": {"Login": "user"}}, "columns.Login: Field 'user' does not exist"),
            ("username\nann\n", {"delimiter": "::"}, "not a single character"),
            ("username\nann\n", {"delimiter": "\n"}, "not a single character"),
            ("username\nann\n", {"delimiter": '"'}, "not a single character"),
            ("username,role\nann,x,y\n", {}, "line 2: The row has more cells than the header"),
            ("username,role\n,x\n", {}, "line 2: The entry has no username"),
            ("username,enabled\nann,maybe\n", {}, "line 2, ann: enabled 'maybe' is not a flag"),
            ("username,role\n=A1,x\n", {}, "username begins like a formula"),
            ("username,role\nann,@x\n", {}, "line 2, ann: role begins like a formula"),
            ("username,last_name\nann,=A1\n", {}, "last_name begins like a formula"),
            ('username,role\nann,"x\n', {}, "line 2: The row that begins here is not valid CSV"),
            ('username,role\nann,"x"y\n', {}, "line 2: The row that begins here is not valid CSV"),
            ("sep=;\nusername;role\nann;x;y\n", {}, "line 3: The row has more"),
        ],
    )
    def test_refused(self, errors, content, options, message):
        (text,) = errors("r.csv", content, **options)
        assert message in text

    def test_marks_that_are_no_formula(self, read):
        content = "username,last_name,description\nann,-von Holt,+49 228 1\n"
        assert read("r.csv", content) == [{"username": "ann", "last_name": "-von Holt", "description": "+49 228 1"}]


class TestSpreadsheets:
    """What spreadsheets and exports of other tools do to a roster."""

    @pytest.mark.parametrize(
        ("header", "mapping"),
        [
            ("User Name,Role", {"User Name": "username"}), ("Login,Role", {"Login": "username"}),
            ("Userid,Mail", {"Userid": "username", "Mail": "email"}),
        ],
    )  # fmt: skip
    def test_a_header_of_another_program_is_named_with_the_lines_to_paste(self, write, header, mapping):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.csv", f"{header}\nann,org_user\n"))
        _before, _colon, pasted = caught.value.details["remedy"].partition("\ncolumns:\n")
        assert yaml.yaml.safe_load(pasted) == mapping

    def test_a_row_that_is_no_header_is_not_shown(self, write):
        with pytest.raises((InputError, MultipleErrors)) as caught:
            read_roster(write("r.csv", "gwen_park,Str0ng-Pass-9x,role\nann,b,c\n"))
        assert "Str0ng" not in caught.value.full_message() and "gwen_park" not in caught.value.full_message()

    def test_a_cell_that_is_too_long_is_named_so(self, write):
        with pytest.raises(InputError, match="longer than"):
            read_roster(write("r.csv", f"username,description\nann,{'x' * 200_000}\n"))

    def test_all_unknown_columns_are_reported_once_with_the_lines_to_paste(self, write):
        content = "Username,roleid,first name,groups,lastlogin,e-mail\nann,x,Ann,,,a@x.org\n"
        path = write("r.csv", content)
        with pytest.raises(InputError) as caught:
            read_roster(path)
        assert caught.value.message == "Roster line 1: Columns 2, 5, 6 are unknown: 'roleid', 'lastlogin', 'e-mail'."
        before, _colon, pasted = caught.value.details["remedy"].partition("\ncolumns:\n")
        assert before.endswith("In roles and playbooks, write members_columns instead of columns:")
        assert caught.value.full_message().count("\n  ") == 3
        columns = yaml.yaml.safe_load(pasted)
        assert columns == {"roleid": "role", "lastlogin": "", "e-mail": "email"}
        assert read_roster(path, columns={**columns, "groups": ""}).entries == [
            {"username": "ann", "role": "x", "first_name": "Ann", "email": "a@x.org"}
        ]

    @pytest.mark.parametrize(
        ("column", "field"),
        [
            ("userLicenseTypeId", "user_type"), ("userlicensetype", "user_type"), ("User License Type", "user_type"),
            ("roleId", "role"), ("role_name", "role"), ("assignedCredits", "credits"), ("idpUsername", "idp_username"),
        ],
    )  # fmt: skip
    def test_a_column_of_an_export_is_mapped_to_its_field(self, write, column, field):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.csv", f"username,{column}\nann,x\n"))
        pasted = caught.value.details["remedy"].partition("\ncolumns:\n")[2]
        assert yaml.yaml.safe_load(pasted) == {column: field}

    def test_a_field_that_has_a_column_is_not_proposed_again(self, write):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.csv", "username,role,roleId\nann,x,y\n"))
        assert "'roleId': ''" in caught.value.details["remedy"]

    def test_an_empty_column_without_a_name_is_left_out(self, read):
        assert read("r.csv", "username,role,,\nann,r,, \n") == [{"username": "ann", "role": "r"}]

    def test_a_cell_in_a_column_without_a_name_is_refused_and_can_be_left_out(self, errors, read):
        (text,) = errors("r.csv", "username,,role\nann,x,r\n")
        assert "line 2: The row has a cell in a column without a name" in text
        assert read("r.csv", "username,,role\nann,x,r\n", columns={"": ""}) == [{"username": "ann", "role": "r"}]

    def test_the_user_file_of_the_enterprise_tools_is_recognized(self, write):
        rows = "gwen_park|Str0ng-Pass-9x|gwen@example.com|Gwen Park|org_user|Surveyor|creatorUT\n"
        with pytest.raises(InputError) as caught:
            read_roster(write("r.csv", rows))
        assert "user file of the ArcGIS Enterprise command line tools" in caught.value.message
        _words, _colon, header = caught.value.details["remedy"].partition(": ")
        assert header == "username|password|email|full_name|role|description|user_type"
        assert "gwen" not in caught.value.full_message() and "Str0ng" not in str(caught.value.facts())
        (entry,) = read_roster(write("s.csv", f"{header}\n{rows}")).entries
        assert entry["password"] == "Str0ng-Pass-9x" and entry["user_type"] == "creatorUT"
        with pytest.raises(InputError) as caught:
            read_roster(write("t.csv", rows.rpartition("|")[0]))
        assert caught.value.details["remedy"].endswith("role|description")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ('username,last_name\nann,"Smith\nbob,Jones\n', "line 2: The row that begins here is not valid CSV"),
            ('username,last_name\nann,x\nbob,"Smith\ncy,"Doe"\n', "line 3: The row that begins here is not valid CSV"),
            ('username,last_name,role\nann,x,r\nbob,"Smith,r\ncy,Doe",r\n', "line 3: last_name has line breaks"),
            ('username,role\n"ann\nbob",r\n', "line 2: username has line breaks"),
            ('username,description,role\nann,"d,r\nbob,e",r\n', "line 2: description contains rows"),
            ('username,description\nann,"d\nbob,e"\n', "line 2: description contains rows"),
            ('username,description,role\nann,"d\nbob,e,r\ncy",r\n', "line 2: description contains rows"),
            ('username,description,role\nann,"two\nlines","r\ncy"\n', "line 3: role has line breaks"),
            ('username,role\nann, "r"\n', "line 2: role has blanks before its quotes"),
        ],
    )  # fmt: skip
    def test_a_stray_quote_is_reported_where_its_cell_begins(self, errors, content, message):
        (text,) = errors("r.csv", content)
        assert message in text
        assert "Smith" not in text and "bob" not in text

    def test_a_description_has_several_lines(self, read):
        content = 'username,description,role\nann,"two\n\nlines, with a comma",r\nbob,,r\n'
        assert read("r.csv", content)[0]["description"] == "two\n\nlines, with a comma"

    @pytest.mark.parametrize("name", ["r.yml", "r.json"])
    @pytest.mark.parametrize(("option", "value"), [("columns", {"Login": "username"}), ("delimiter", ";")])
    def test_options_of_csv_are_refused_beside_other_formats(self, write, name, option, value):
        with pytest.raises(InputError, match=f"{option} is only for CSV files") as caught:
            read_roster(write(name, '[{"username": "ann"}]'), **{option: value})
        assert caught.value.details["option"] == option
        assert read_roster(write(name, '[{"username": "ann"}]'), columns={}, delimiter="").form == name[2:].replace(
            "yml", "yaml"
        )

    def test_errors_of_shape_and_of_values_are_reported_together(self, write):
        path = write("r.csv", "username,enabled,credits\nann,maybe,1.000\n,true,5\nbob,true,x\nann,,\n")
        with pytest.raises(MultipleErrors) as caught:
            specs_from_file("portal_members", {"src": path})
        assert [problem.message for problem in caught.value.problems] == [
            "Roster line 2, ann: enabled 'maybe' is not a flag.",
            "Roster line 3: The entry has no username.",
            "ann: src[0].credits is an ambiguous number: it can be 1 or 1000 (line 2).",
            "bob: src[2].credits must be a number, 0 or more, or 'unlimited' (line 4).",
            "ann: Duplicate roster entries src[0] (line 2) and src[3] (line 5). Usernames are case-insensitive.",
        ]


SECRET = "Str0ng-Pass-9x"
OFFBOARD = {"username": {"type": "str"}, "expires": {"type": "str"}, "transfer_to": {"type": "str"}}


class TestSecrets:
    """A password of a roster is never printed, wherever it stands."""

    @pytest.mark.parametrize("spec", [None, OFFBOARD])
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("r.csv", f"gwen_park,{SECRET},gwen@example.com\nann,x,y\n"),
            ("r.csv", f"{SECRET}\n"),
            ("r.csv", f"username,password,enabled\ngwen_park,x,{SECRET}\n"),
            ("r.csv", f"username,password,enabled\n{SECRET},true,\ngwen,maybe,\n"),
            ("r.csv", f"username,enabled,credits\ngwen_park,{SECRET}\n"),
            ("r.csv", f"username,enabled,credits\n{SECRET},maybe,1.000,x\n"),
            ("r.csv", f"username,Kennwort,enabled\ngwen_park,x,{SECRET}\n"),
            ("r.csv", f"username,password,{SECRET}\ngwen_park,x,y\n"),
            ("r.csv", f'username,password,enabled\ngwen,"{SECRET}\nann,x,y\n'),
            ("r.csv", f'username,enabled\nmaybe,{SECRET}\ngwen,"{SECRET}\n'),
            ("r.csv", f"username,{SECRET},enabled,password\ngwen,x,{SECRET},y\n"),
            ("r.yml", f"- username: gwen\n  enabled: {SECRET}\n  password: x\n- username: 12\n  {SECRET}: y\n"),
            ("r.yml", f"- username: gwen\n  {SECRET}: x\n  {SECRET}: y\n  password: z\n"),
            ("r.yml", f"- username: gwen\n  passwort: {SECRET}\n  enabled: {SECRET}\n"),
            ("r.yml", f"- username: gwen\n  role: *{SECRET}\n"),
            ("r.yml", f'- username: gwen\n  {SECRET}: "\n  password: "\n'),
            ("r.csv", f'username,"role,password\ngwen,x,{SECRET}"\nann,y\n'),
            ("r.csv", f'username,"Kennwort\ngwen,{SECRET}"\nann,y\n'),
            ("r.yml", f"- username: gwen\n  role: !{SECRET} x\n  password: x\n"),
            ("r.yml", f"- username: gwen\n  password: !{SECRET}!x y\n"),
            ("r.yml", f"- username: gwen\n  password: \"\\{SECRET}\"\n"),
            ("r.yml", f"{SECRET}: x\npassword: y\nmembers: [{{username: 12}}]\n"),
            ("r.yml", f"- username: {SECRET}\n  password: x\n  enabled: maybe\n  role: [x]\n"),
            ("r.json", f'[{{"username": "gwen", "password": "x", "{SECRET}": 1, "enabled": "{SECRET}"}}]'),
            ("r.json", f'[{{"username": "gwen", "password": "x", "{SECRET}": 1, "{SECRET}": 2}}]'),
            ("r.json", f'[{{"username": "{SECRET}", "enabled": 12, "role": ["{SECRET}"], "password": [1]}}]'),
            ("r.json", f'[{{"username": "gwen", "password": "\\{SECRET}"}}]'),
        ],
    )  # fmt: skip
    def test_no_message_contains_it(self, write, name, content, spec):
        path = write(name, content)
        with pytest.raises((InputError, MultipleErrors)) as caught:
            read_roster(path, spec=spec) if spec else specs_from_file("portal_members", {"src": path})
        assert SECRET not in caught.value.full_message() and SECRET not in str(caught.value.facts())
        assert SECRET[1:] not in caught.value.full_message()

    @pytest.mark.parametrize(
        ("name", "content", "shown"),
        [
            ("r.csv", "username,enabled\nann,maybe\n", "enabled 'maybe' is not a flag"),
            ("r.csv", "username,emial\nann,x\n", "'emial'"),
            ("r.yml", "- username: ann\n  emial: x\n", "Key 'emial' is unknown"),
            ("r.yml", "- username: 0123\n", "username '0123' is text"),
            ("r.json", '[{"username": "ann", "emial": "x"}]', "Roster entry 1, ann: Key 'emial' is unknown"),
        ],
    )
    def test_what_cannot_be_a_secret_is_shown(self, errors, name, content, shown):
        (text,) = errors(name, content)
        assert shown in text

    def test_columns_that_are_left_out_are_named_only_where_they_are_no_secrets(self, write):
        columns = {"Login": "username"}
        roster = read_roster(write("r.csv", "Login,Cost centre,role\nann,x,\n"), columns=columns)
        assert roster.ignored == ("Cost centre",)
        roster = read_roster(write("r.csv", f"Login,{SECRET},password\nann,x,\n"), columns=columns)
        assert roster.ignored == ("column 2",)
