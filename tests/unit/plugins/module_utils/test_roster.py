# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MissingLibrary, Problems
from ansible_collections.portalops.arcgis.plugins.module_utils._roster import reader, shape, yaml
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
def faults(write):
    """Messages about a file with this content."""

    def faults(name, content, **options):
        with pytest.raises(InputError) as caught:
            problems_of(write(name, content), options)
        return [caught.value.message]

    def problems_of(path, options):
        try:
            read_roster(path, **options)
        except Problems as error:
            raise InputError("\n".join(problem.message for problem in error.problems)) from None

    return faults


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
            ("roster", "# people\n\n---\n- username: ann"),
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
        assert "none.yml cannot be read: No such file" in caught.value.message
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
            read_roster(write("r.yml", "- username: somebody"))

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
        with pytest.raises(InputError, match="lists no member"):
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
    @pytest.mark.parametrize(
        "text", ["0123", "1e5", "on", "No", "12:30", "0x1F", "1_000", "2024-01-31", "True", "NULL", ".5"]
    )
    def test_text_stays_as_written(self, read, text):
        (entry,) = read("r.yml", f"- username: {text}\n  last_name: {text}\n  tags: [{text}]\n  password: {text}\n")
        assert entry == {"username": text, "last_name": text, "tags": [text], "password": text}

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("12", 12),
            ("-3", -3),
            ("1.5", 1.5),
            ("1e3", 1000.0),
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

    @pytest.mark.parametrize("text", ["", "~", "null"])
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
            "- username: ann\n  role: &r 012\n  tags: &t [a, &x b]\n  categories: &c {set: [*x]}\n"
            "- username: bob\n  role: *r\n  credits: *r\n  tags: [*x]\n  categories: *c\n"
            "- username: cy\n  categories: *t\n  tags: &u [c]\n"
            "- username: di\n  categories: {set: *u}\n"
        )
        ann, bob, cy, di = read("r.yml", content)
        assert ann["categories"] == {"set": ["b"]}
        assert bob == {"username": "bob", "role": "012", "credits": 12, "tags": ["b"], "categories": {"set": ["b"]}}
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
            ("just words", "no list of members"),
            ("members: ann", "line 1: there is no list of members"),
            ("- ann", "line 1: the entry is not a mapping"),
            ("- [ann]", "line 1: the entry is not a mapping"),
            ("- username: ann\n  emial: x", "line 2, ann: unknown key 'emial'"),
            ("- username: ann\n  emial: {a: [b, {c: d}]}\n  role: r", "line 2, ann: unknown key 'emial'"),
            ("- role: x", "line 1: the entry has no username"),
            ("- username:\n", "line 1: the entry has no username"),
            ("- username: ' '\n", "line 1: the entry has no username"),
            ("- username: [ann]\n", "line 1: the entry has no username"),
            ("- username: ann\n  role: a\n  role: b", "line 3, ann: the key role stands twice"),
            ("- username: ann\n  categories: {set: [], set: []}", "line 2: the key 'set' stands twice"),
            ("members: [{username: ann}]\nguards: {}", "line 2: unknown key 'guards' beside members"),
            ("members: [{username: ann}]\nmembers: []", "line 2: the key members stands twice"),
            ("- username: ann\n  ? [a]\n  : b", "line 2: a key is not text"),
            ("- username: ann\n---\n- username: bob", "line 2: a second document begins"),
            ("- username: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    61\n", "line 1: single values encrypted"),
            ("- username: !!int 3\n", "the tag 'tag:yaml.org,2002:int' is not allowed"),
            ("- !!python/object:os.system {username: ann}", "is not allowed"),
            ("- username: ann\n  tags: !!set {a}", "is not allowed"),
            ("- username: ann\n  tags: *none", "line 2: *none stands for nothing"),
            ("- username: ann\n  tags: &t [*t]", "line 2: *t stands for nothing"),
            ("- username: ann\n  <<: x", "line 2: << merges no mapping"),
            ("- username: &n ann\n  <<: *n", "line 2: *n is no member"),
            ("- username: ann\n  categories: &c {set: []}\n  <<: *c", "line 3: *c is no member"),
            ("- &m {username: ann}\n- username: bob\n  role: *m", "line 3: *m does not fit role"),
            ("- username: ann\n  tags: [[[[a]]]]", "line 2: tags is nested too deeply"),
            ("- username: ann\n  tags: &t [[[a]]]\n  categories: [*t]", "line 3: categories is nested too deeply"),
        ],
    )
    def test_refused(self, faults, content, message):
        (text,) = faults("r.yml", content)
        assert message in text

    @pytest.mark.parametrize(
        "content", ["- username: 'ann", "- username: a: b", "\t- x", "- username: \x01", b"- username: \xff"]
    )
    def test_invalid(self, write, content):
        with pytest.raises(InputError, match="not valid YAML") as caught:
            read_roster(write("r.yml", content))
        assert caught.value.details["option"] == "src"

    def test_errors_do_not_quote_the_file(self, write):
        with pytest.raises(InputError) as caught:
            read_roster(write("r.yml", "- username: ann\n  password: s3cr3t-phrase: 'x\n"))
        assert "s3cr3t" not in str(caught.value.facts())

    def test_everything_is_told_together(self, write):
        with pytest.raises(Problems) as caught:
            read_roster(write("r.yml", "- rol: x\n- username: bob\n  rol: y\n"))
        assert [(problem.details["line"], problem.details["member"]) for problem in caught.value.problems] == [
            (1, None),
            (1, None),
            (3, "bob"),
        ]
        assert "role" in caught.value.problems[0].details["remedy"]

    def test_no_more_than_one_can_read(self, write):
        with pytest.raises(Problems) as caught:
            read_roster(write("r.yml", "- rol: x\n" * 400))
        assert len(caught.value.problems) == shape.MAX_PROBLEMS + 1
        assert "750 more" in caught.value.problems[-1].message


class TestHostileYaml:
    def test_aliases_of_aliases(self, faults, monkeypatch):
        monkeypatch.setattr(yaml, "_MAX_ALIASED", 1000)
        content = "- username: ann\n  tags: &t [" + "a, " * 99 + "b]\n" + "- username: bob\n  tags: *t\n" * 20
        (text,) = faults("r.yml", content)
        assert "aliases make the roster too large" in text

    def test_laughs(self, faults):
        lines = ["- username: ann\n  tags: &a0 [x, x, x, x, x, x, x, x, x]\n"]
        lines += [f"- username: u{i}\n  tags: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)]
        start = time.process_time()
        (text,) = faults("r.yml", "".join(lines))
        assert "nested too deeply" in text or "too large" in text
        assert time.process_time() - start < 5

    def test_depth_does_not_matter(self, write):
        with pytest.raises(InputError):
            read_roster(write("r.yml", "- username: ann\n  x: " + "[" * 900 + "]" * 900))


class TestJson:
    def test_values(self, read):
        content = [
            {"username": 12, "enabled": True, "credits": 1.5, "level": 2, "role": None, "categories": {"set": ["/A"]}}
        ]
        assert read("r.json", json.dumps(content)) == [
            {"username": "12", "enabled": True, "credits": 1.5, "level": "2", "categories": {"set": ["/A"]}}
        ]

    def test_members_key(self, read):
        assert read("r.json", '\ufeff{"members": [{"username": "ann"}]}') == [{"username": "ann"}]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ('[{"username": "ann", "username": "bob"}]', "bob: the key 'username' stands twice"),
            ('[{"username": "ann", "credits": NaN}]', "NaN is no JSON number"),
            ('[{"username": "ann", "credits": -Infinity}]', "-Infinity is no JSON number"),
            ('[{"username": "ann",}]', "not valid JSON: "),
            ("[" * 100000, "nested too deeply"),
            ('{"members": 3}', "holds no list"),
            ("3", "holds no list"),
            ("{}", "holds no list"),
            ('{"member": []}', "unknown key 'member' beside members"),
            ('{"members": ["ann"]}', "entry 1: it is not a mapping"),
            ('[{"username": "ann", "emial": "x"}]', "entry 1, ann: unknown key 'emial'"),
            ('[{"username": "ann", "last_name": 1.5}]', "entry 1, ann: last_name is a number"),
            ('[{"username": ["ann"]}]', "entry 1: the entry has no username"),
        ],
    )
    def test_refused(self, faults, content, message):
        (text,) = faults("r.json", content)
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
                "password": "=pw ",
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
            ("username,emial\nann,x\n", {}, "header: unknown column 'emial'"),
            ("Login,Region\nann,x\n", {"columns": {"Login": "username"}}, "header: unknown column 'Region'"),
            ("Login,emial\nann,x\n", {"columns": {"Login": "username"}}, "header: unknown column 'emial'"),
            ("username,role,Role\nann,x,y\n", {}, "several columns hold role"),
            ("role\nx\n", {}, "no column holds the username"),
            ("", {}, "no column holds the username"),
            ("username\nann\n", {"columns": {"Login": "username"}}, "columns names 'Login', which is no column"),
            ("Login\nann\n", {"columns": {"Login": "user"}}, "gives 'Login' to 'user', which is no field"),
            ("username\nann\n", {"delimiter": "::"}, "not a single character"),
            ("username,role\nann,x,y\n", {}, "line 2, ann: it has more cells than the header"),
            ("username,role\n,x\n", {}, "line 2: the entry has no username"),
            ("username,enabled\nann,maybe\n", {}, "line 2, ann: enabled is 'maybe'"),
            ("username,role\n=A1,x\n", {}, "username begins with '=' like a formula"),
            ("username,role\nann,@x\n", {}, "line 2, ann: role begins with '@' like a formula"),
            ("username,last_name\nann,=A1\n", {}, "last_name begins with '=' like a formula"),
            ('username,role\nann,"x\n', {}, "the CSV cannot be read"),
            ('username,role\nann,"x"y\n', {}, "line 2: the CSV cannot be read"),
            ("sep=;\nusername;role\nann;x;y\n", {}, "line 3, ann: it has more"),
        ],
    )
    def test_refused(self, faults, content, options, message):
        (text,) = faults("r.csv", content, **options)
        assert message in text

    def test_marks_that_are_no_formula(self, read):
        content = "username,last_name,description\nann,-von Holt,+49 228 1\n"
        assert read("r.csv", content) == [{"username": "ann", "last_name": "-von Holt", "description": "+49 228 1"}]


@pytest.mark.parametrize(
    ("form", "content", "needed"),
    [("json", '[{"username": "ann"}]', []), ("csv", "username\nann\n", ["_roster.csv"]),
     ("yml", "- username: ann\n", ["_roster.yaml", "yaml"])],
)  # fmt: skip
def test_only_the_reader_of_its_own_form_is_loaded(write, form, content, needed):
    names = ("_roster.csv", "_roster.yaml", "yaml")
    program = (
        "import sys\n"
        f"from {reader.__name__} import read_roster\n"
        "read_roster(sys.argv[1])\n"
        f"print(sorted(set({names!r}) & {{name.rpartition('module_utils.')[2] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(write(f"r.{form}", content))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(needed)


@pytest.mark.parametrize("form", ["yml", "json", "csv"])
def test_entries_share_what_repeats(write, form):
    rows = [{"username": f"user{i}", "role": "editor", "tags": ["a", "b"]} for i in range(3)]
    content = {
        "yml": "".join(f"- username: user{i}\n  role: editor\n  tags: [a, b]\n" for i in range(3)),
        "json": json.dumps(rows),
        "csv": "username,role,tags\n" + "".join(f"user{i},editor,a;b\n" for i in range(3)),
    }[form]
    entries = read_roster(write(f"r.{form}", content)).entries
    assert entries == rows
    assert entries[0]["role"] is entries[2]["role"]
    assert entries[0]["tags"] is entries[2]["tags"]
