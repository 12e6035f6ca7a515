# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""The only place that writes, and the only one that knows check mode. What was written is read back."""

from __future__ import annotations

import contextlib
import json
import threading

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory, Member, user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import ADMINISTRATOR
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NoAnswer,
    NotApplied,
    NotFound,
    PortalOpsError,
    Refused,
    Unverified,
    known,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
    apply_change,
    paths_from_portal,
    portal_path,
    same_paths,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    BY_NAME,
    UNLIMITED,
    member_key,
    shown,
    stored_name,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import BELONGINGS, REMOVED, owns
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import phases

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Entry, Plan
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job
    from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

_UNREADABLE = ("password",)
_SPLIT_CODES = ("refused", "not_found", "unexpected_answer")


class Outcome:
    """What became of one entry: requests that were sent, fields that took effect, and the error if there was one.

    C(strayed) are fields that are neither as before nor as wanted, such as the user type of somebody whose last move
    failed; C(touched) names what no field shows and what is no longer as C(found) at first, such as owned content.
    """

    __slots__ = (
        "acknowledged",
        "applied",
        "attempted",
        "entry",
        "error",
        "found",
        "skipped",
        "strayed",
        "touched",
        "warnings",
    )

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.attempted: set[str] = set()
        self.acknowledged: set[str] = set()
        self.applied: set[str] = set()
        self.strayed: dict[str, tuple[Any, Any]] = {}
        self.found: dict[str, Any] = {}
        self.touched: set[str] = set()
        self.error: PortalOpsError | None = None
        self.skipped = False
        self.warnings: list[str] = list(entry.warnings)

    @property
    def changed(self) -> bool:
        return bool(self.applied or self.strayed or self.touched)

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Fields from what to what: as planned where it took effect, as found where something else came of it."""
        done = {name: change for name, change in self.entry.changes.items() if name in self.applied}
        return {**done, **self.strayed}

    def look(self, what: str, now: Any) -> None:
        """Notes what the portal shows of something that is no field, and whether it was different at first."""
        if self.found.setdefault(what, now) == now:
            self.touched.discard(what)
        else:
            self.touched.add(what)

    def fail(self, error: PortalOpsError) -> None:
        """The first error stays: what follows is its consequence."""
        if self.error is None:
            self.error = error


class Applier:
    """Carries out a plan.

    on_error: C(continue) does everybody else, C(stop) leaves out what was not reached; progress takes a line of text.
    """

    def __init__(
        self,
        client: PortalClient,
        organization: Organization,
        directory: Directory,
        *,
        check_mode: bool,
        on_error: str = "continue",
        retries: int = 4,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.client = client
        self.organization = organization
        self.directory = directory
        self.check_mode = check_mode
        self.stop_on_error = on_error == "stop"
        self.attempts = retries + 1
        self.progress = progress
        self._stopped = False
        self._lock = threading.Lock()
        self._outcomes: dict[str, Outcome] = {}
        self._planned = 0
        self._done = 0

    # -- the run -------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan, free: dict[str, int | None]) -> dict[str, Outcome]:
        """Outcomes by key of every acting entry. In check mode nothing is sent and everything counts as applied."""
        self._outcomes = {entry.key: Outcome(entry) for entry in plan.acting}
        if self.check_mode:
            for outcome in self._outcomes.values():
                outcome.applied = set(outcome.entry.changes)
            return self._outcomes
        ordered = phases(plan, self.organization, free)
        self._planned = sum(_weight(chain) for phase in ordered for chain in phase)
        for phase in ordered:
            self._run(phase)
        self._verify()
        return self._outcomes

    def setting(self, path: str, data: dict[str, Any], reached: Callable[[], bool]) -> None:
        """One write to the organization itself, read back by C(reached); raises when it did not take effect."""
        if self.check_mode:
            return
        operation = path.rsplit("/", 1)[-1]
        for attempt in range(self.attempts):
            try:
                self.client.write(path, data)
            except PortalOpsError as error:
                if not error.uncertain:
                    raise
                if reached():
                    return
                if attempt + 1 == self.attempts:
                    raise
                continue
            break
        try:
            done = reached()
        except PortalOpsError as error:
            raise Unverified(
                f"the portal accepted {operation}, but it could not be read back: {error}", field=operation
            ) from None
        if not done:
            raise NotApplied(
                f"the portal accepted {operation}, but its state shows otherwise",
                field=operation,
                remedy="run again; if it stays so, look at the portal's own logs",
            )

    def _run(self, chains: list[list[Job]]) -> None:
        results = self.client.map(self._chain, chains)
        for chain, found in zip(chains, results):
            if isinstance(found, Exception):
                # A defect with one member must not hide what became of the others.
                for entry in {entry.key: entry for job in chain for entry in job.entries}.values():
                    self._fail(entry, known(found))

    def _chain(self, chain: list[Job]) -> None:
        for job in chain:
            waiting = [entry for entry in job.entries if self._outcomes[entry.key].error is None]
            if waiting:
                self._send(job.of(waiting))
        with self._lock:
            self._done += _weight(chain)
            self.progress(f"{self._done} of {self._planned} changes done")

    # -- one request ---------------------------------------------------------------------------------------------

    def _send(self, job: Job) -> None:
        """Sends a request until its effect is certain: after an answer that never came the state is read first."""
        if self._stopped:
            for entry in job.entries:
                self._outcomes[entry.key].skipped = True
            return
        last: PortalOpsError | None = None
        for _attempt in range(self.attempts):
            for entry in job.entries:
                self._outcomes[entry.key].attempted.update(job.fields)
            try:
                refused = _WRITERS[job.kind](self, job)
            except PortalOpsError as error:
                if not error.uncertain:
                    self._refuse(job, error)
                    return
                last = error
                job = job.of(self._not_yet(job))
                if not job.entries:
                    return
                continue
            self._acknowledge(job, refused)
            return
        for entry in job.entries:
            self._fail(entry, last or NoAnswer("no answer"))

    def _refuse(self, job: Job, error: PortalOpsError) -> None:
        """A batch that is refused as a whole is halved, so that one member does not hold up the others."""
        if len(job.entries) > 1 and error.code in _SPLIT_CODES:
            middle = len(job.entries) // 2
            self._send(job.of(job.entries[:middle]))
            self._send(job.of(job.entries[middle:]))
            return
        for entry in job.entries:
            self._fail(entry, error)

    def _acknowledge(self, job: Job, refused: dict[str, str]) -> None:
        for entry in job.entries:
            reason = refused.get(entry.key)
            if reason is None:
                self._outcomes[entry.key].acknowledged.update(job.fields)
            else:
                self._fail(entry, Refused(reason))

    def _fail(self, entry: Entry, error: PortalOpsError) -> None:
        with self._lock:
            self._outcomes[entry.key].fail(_about(entry, error))
            if self.stop_on_error:
                self._stopped = True

    def _not_yet(self, job: Job) -> list[Entry]:
        """The entries of a request without an answer that are not as wanted, and so may be sent again."""
        left = []
        for entry in job.entries:
            try:
                reached = self._reached(entry, job)
            except PortalOpsError as error:
                self._fail(entry, error)
                continue
            if reached:
                self._outcomes[entry.key].acknowledged.update(job.fields)
            else:
                left.append(entry)
        return left

    def _reached(self, entry: Entry, job: Job) -> bool:
        if job.kind == "reassign":
            return not any(self._owned(entry))
        if job.kind == "revoke":
            return not any(self._held(entry).values())
        if job.kind == "esri_access":
            return not self._uses_esri_sites(entry)
        member = self._read_one(entry)
        if job.kind == "delete":
            return member is None
        if job.kind in ("create", "invite"):
            return member is not None
        if member is None:
            return False
        if job.argument is not None:
            return all(member.values.get(name) == job.argument for name in job.fields)
        return not set(job.fields) & set(_UNREADABLE) and all(
            self._is_wanted(entry, member, name) for name in job.fields
        )

    def _read_one(self, entry: Entry) -> Member | None:
        found = self.directory.one(entry.username)
        return found if isinstance(found, Member) else None

    # -- the writes ----------------------------------------------------------------------------------------------
    # Each returns the keys that the portal named as refused, with its reason.

    def _write_create(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        data = self._account(entry, "create")
        data.setdefault("role", "org_user")
        data.setdefault("provider", "arcgis")
        data["username"] = entry.username
        if self.organization.takes_defaults_switch:
            # New-member defaults would give what the roster did not ask for.
            data["applyDefaults"] = False
        self.client.write("security/users/createUser", data, root="admin")
        return {}

    def _write_invite(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        data = self._account(entry, "invite")
        if data.get("role", ADMINISTRATOR) == ADMINISTRATOR:
            # The portal does not create administrators; the role follows once the account exists.
            data["role"] = "org_user"
        data.setdefault("fullname", f"{data.get('firstname', '')} {data.get('lastname', '')}".strip())
        if data.get("targetUserProvider") == "arcgis":
            del data["targetUserProvider"]
        credits_wanted = data.get("userCreditAssignment")
        if credits_wanted == UNLIMITED:
            data["userCreditAssignment"] = -1
        data["username"] = entry.username
        invitations = {"invitations": [{**data, "groups": ""}], "apps": [], "appBundles": []}
        answer = self.client.write("portals/self/invite", {"invitationList": invitations})
        return _named(
            answer,
            "notInvited",
            "the portal did not create the account: the username may be taken, or was once deleted",
        )

    def _account(self, entry: Entry, operation: str) -> dict[str, Any]:
        data = {}
        for name, value in entry.wanted.items():
            parameter = getattr(BY_NAME[name], operation)
            if parameter and value != "":
                data[parameter] = shown(value)
        return data

    def _write_update(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        if "categories" in job.fields and entry.relative is not None and entry.member is not None:
            self._refresh_categories(entry)
        data: dict[str, Any] = {}
        for name in job.fields:
            data[str(BY_NAME[name].update)] = self._at_wire(entry, name)
        if any(value == "" for value in data.values()):
            data["clearEmptyFields"] = True
        self.client.write(f"community/users/{user_path(entry.username)}/update", data)
        return {}

    def _refresh_categories(self, entry: Entry) -> None:
        """The write replaces the whole list, so what somebody else did since the plan is looked at once more."""
        member = self._read_one(entry)
        if member is None:
            return
        now = paths_from_portal(list(member.values.get("categories") or ()), self.organization.tree().rooted)
        before, _after = entry.changes["categories"]
        if not same_paths(before, now):
            after = apply_change(now, entry.relative or {})
            entry.wanted["categories"] = after
            entry.changes["categories"] = (now, after)
            warning = f"{entry.username}: somebody else changed the categories since they were read; both changes stand"
            self._outcomes[entry.key].warnings.append(warning)

    def _at_wire(self, entry: Entry, name: str) -> Any:
        value = entry.wanted[name]
        if name == "tags":
            return ",".join(value)
        if name == "categories":
            rooted = self.organization.tree().rooted
            paths = [portal_path(path, rooted) for path in value]
            return json.dumps(paths, ensure_ascii=False) if paths else ""
        return value

    def _write_idp_username(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        name = entry.wanted["idp_username"]
        if self.organization.is_online:
            data = {"idpUsername": name, **({} if name else {"clearEmptyFields": True})}
            self.client.write(f"community/users/{user_path(entry.username)}/update", data)
        else:
            self.client.write(
                "security/users/updateEnterpriseUser",
                {"username": stored_name(entry.username), "idpUsername": name},
                root="admin",
            )
        return {}

    def _write_role(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        self.client.write(
            "portals/self/updateUserRole", {"user": stored_name(entry.username), "role": entry.wanted["role"]}
        )
        return {}

    def _write_level(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        # The documentation says userName, the portal's own pages send user: both, with the same value.
        name = stored_name(entry.username)
        data = {"user": name, "userName": name, "level": job.argument}
        self.client.write("portals/self/updateUserLevel", data)
        return {}

    def _write_user_type(self, job: Job) -> dict[str, str]:
        data = {"users": _usernames(job), "userLicenseType": job.argument}
        return _statuses(
            self.client.write("portals/self/updateUserLicenseType", data),
            f"the portal refused the user type {job.argument}",
        )

    def _write_credits(self, job: Job) -> dict[str, str]:
        assignments = [
            {"username": stored_name(entry.username), "credits": entry.wanted["credits"]} for entry in job.entries
        ]
        answer = self.client.write("portals/self/assignUserCredits", {"userAssignments": assignments})
        return _named(answer, "notAssignedUsers", "the portal did not assign the credits")

    def _write_no_credits(self, job: Job) -> dict[str, str]:
        answer = self.client.write("portals/self/unassignUserCredits", {"usernames": _usernames(job)})
        return _named(answer, "notUnAssignedUsers", "the portal did not take away the credit limit")

    def _write_enable(self, job: Job) -> dict[str, str]:
        return self._switch(job, "enable")

    def _write_disable(self, job: Job) -> dict[str, str]:
        return self._switch(job, "disable")

    def _switch(self, job: Job, verb: str) -> dict[str, str]:
        if len(job.entries) == 1:
            self.client.write(f"community/users/{user_path(job.entries[0].username)}/{verb}", {})
            return {}
        answer = self.client.write(f"portals/self/{verb}Users", {"users": ",".join(_usernames(job))})
        return _statuses(answer, f"the portal did not {verb} the member")

    def _write_reassign(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        outcome = self._outcomes[entry.key]
        owned = self._owned(entry)
        if any(owned):
            self.client.write(
                f"community/users/{user_path(entry.username)}/reassign", {"targetUsername": entry.transfer_to}
            )
            # Accepted: that counts as long as nothing else can be read.
            outcome.touched.add("content")
            owned = self._owned(entry)
            if any(owned):
                return {entry.key: f"still owns {owns(*owned)} after the hand-over to {entry.transfer_to}"}
        return {}

    def _write_revoke(self, job: Job) -> dict[str, str]:
        """Add-on licenses block a removal, and cost as long as they are held."""
        entry = job.entries[0]
        outcome = self._outcomes[entry.key]
        held = self._held(entry)
        if not any(held.values()):
            return {}
        name = stored_name(entry.username)
        for item in held["listings"]:
            data = {"userEntitlements": {"users": [name], "entitlements": []}, "suppressCustomerEmail": True}
            self.client.write(f"content/listings/{item}/provisionUserEntitlements", data)
            outcome.touched.add("licenses")
        for item in held["bundles"]:
            self.client.write(f"content/listings/{item}/provisionUserAppBundle", {"users": name, "revoke": True})
            outcome.touched.add("licenses")
        left = sum(len(items) for items in self._held(entry).values())
        return {entry.key: f"still holds {left} add-on licenses after they were revoked"} if left else {}

    def _write_esri_access(self, job: Job) -> dict[str, str]:
        """ArcGIS Online wants a member out of Esri's own sites before the account goes."""
        entry = job.entries[0]
        if self._uses_esri_sites(entry):
            self.client.write(f"community/users/{user_path(entry.username)}/update", {"userType": "arcgisonly"})
            self._outcomes[entry.key].touched.add("esri_access")
            self._uses_esri_sites(entry)
        return {}

    def _owned(self, entry: Entry) -> tuple[int, int]:
        """How many items and groups the member owns now."""
        owned = self.directory.owned(entry.username)
        self._outcomes[entry.key].look("content", owned)
        return owned

    def _held(self, entry: Entry) -> dict[str, list[str]]:
        """Which add-on licenses the member holds now."""
        held = self.directory.licenses(entry.username, surely=entry.hands_over)
        self._outcomes[entry.key].look("licenses", held)
        return held

    def _uses_esri_sites(self, entry: Entry) -> bool:
        both = (self.directory.raw(entry.username) or {}).get("userType") == "both"
        self._outcomes[entry.key].look("esri_access", both)
        return both

    def _write_delete(self, job: Job) -> dict[str, str]:
        entry = job.entries[0]
        # Somebody else may be faster; gone is gone.
        with contextlib.suppress(NotFound):
            self.client.write(f"community/users/{user_path(entry.username)}/delete", {})
        return {}

    # -- reading back --------------------------------------------------------------------------------------------

    def _verify(self) -> None:
        """Reads back everybody who was written to: what the portal shows decides, not what it answered."""
        sent = {key: outcome for key, outcome in self._outcomes.items() if outcome.attempted}
        if not sent:
            return
        self.progress(f"reading back {len(sent)} members")
        try:
            current = self.directory.read({key: outcome.entry.username for key, outcome in sent.items()})
        except Exception as error:  # pylint: disable=broad-exception-caught
            for outcome in sent.values():
                self._unverified(outcome, known(error))
            return
        unlike = []
        for key, outcome in sent.items():
            member = current.members.get(key)
            self._compare(outcome, member)
            if outcome.acknowledged - outcome.applied:
                unlike.append(outcome)
        self._look_again(unlike)
        for outcome in sent.values():
            self._settle(outcome)

    def _look_again(self, outcomes: list[Outcome]) -> None:
        """A listing may be behind; the member's own page is what counts."""
        for outcome, member in zip(outcomes, self.client.map(lambda outcome: self._read_one(outcome.entry), outcomes)):
            if isinstance(member, Exception):
                outcome.fail(_about(outcome.entry, Unverified(f"could not be read back: {known(member)}")))
            else:
                outcome.applied.clear()
                outcome.strayed.clear()
                self._compare(outcome, member)

    def _unverified(self, outcome: Outcome, error: PortalOpsError) -> None:
        outcome.applied = set(outcome.acknowledged)
        outcome.fail(_about(outcome.entry, Unverified(f"was written to, but could not be read back: {error}")))

    def _compare(self, outcome: Outcome, member: Member | None) -> None:
        """Which of the attempted fields are now as wanted; what cannot be read counts as the portal answered."""
        entry = outcome.entry
        for name in outcome.attempted:
            if name == "state":
                reached = (member is None) == (entry.action == REMOVED)
            elif name in BELONGINGS:
                # Read back by the request itself, which alone knows how.
                reached = name in outcome.acknowledged
            elif member is None:
                reached = False
            elif name in _UNREADABLE:
                reached = name in outcome.acknowledged
            else:
                reached = self._is_wanted(entry, member, name)
            if reached:
                outcome.applied.add(name)
                outcome.strayed.pop(name, None)
            elif member is not None and entry.member is not None and name in ("role", "user_type", "level"):
                self._note_stray(outcome, name, member.values.get(name))

    @staticmethod
    def _note_stray(outcome: Outcome, name: str, found: Any) -> None:
        before = outcome.entry.before(name)
        if found is not None and found != before:
            outcome.strayed[name] = (before, found)

    def _is_wanted(self, entry: Entry, member: Member, name: str) -> bool:
        found = member.values.get(name)
        if name == "categories":
            found = paths_from_portal(list(found or ()), self.organization.tree().rooted)
        return found is not None and BY_NAME[name].same(found, entry.wanted[name])

    def _settle(self, outcome: Outcome) -> None:
        entry = outcome.entry
        # Whether the member is there at all is what counts most.
        missing = sorted(outcome.acknowledged - outcome.applied, key=lambda name: (name != "state", name))
        if missing and outcome.error is None:
            outcome.fail(self._not_applied(entry, missing[0]))
        elif outcome.error is not None and outcome.applied >= set(entry.changes):
            outcome.warnings.append(
                f"{entry.username}: the portal reported an error, but everything is as wanted: {outcome.error}"
            )
            outcome.error = None

    def _not_applied(self, entry: Entry, name: str) -> NotApplied:
        before, after = entry.changes[name]
        try:
            member = self._read_one(entry)
        except PortalOpsError:
            member = None
        found = (
            ("present" if member else "absent")
            if name == "state"
            else shown(member.values.get(name))
            if member
            else None
        )
        return NotApplied(
            f"{entry.username}: the portal accepted {name} = {shown(after)}, but shows {found}",
            member=entry.username,
            index=entry.index,
            field=name,
            wanted=shown(after),
            found=found,
            before=shown(before),
            remedy="look at the member in the portal; run again once the cause is gone",
        )


_WRITERS: dict[str, Callable[[Applier, Job], dict[str, str]]] = {
    "create": Applier._write_create,
    "invite": Applier._write_invite,
    "update": Applier._write_update,
    "idp_username": Applier._write_idp_username,
    "role": Applier._write_role,
    "level": Applier._write_level,
    "user_type": Applier._write_user_type,
    "credits": Applier._write_credits,
    "no_credits": Applier._write_no_credits,
    "enable": Applier._write_enable,
    "disable": Applier._write_disable,
    "reassign": Applier._write_reassign,
    "revoke": Applier._write_revoke,
    "esri_access": Applier._write_esri_access,
    "delete": Applier._write_delete,
}


def _weight(chain: list[Job]) -> int:
    """How many changes of members a chain makes."""
    return sum(len(job.fields) * len(job.entries) for job in chain)


def _usernames(job: Job) -> list[str]:
    return [stored_name(entry.username) for entry in job.entries]


def _named(answer: dict[str, Any], key: str, reason: str) -> dict[str, str]:
    """Members that a failure list of an otherwise successful answer names."""
    names = answer.get(key)
    return {member_key(str(name)): reason for name in (names if isinstance(names, list) else ())}


def _statuses(answer: dict[str, Any], reason: str) -> dict[str, str]:
    """Members whose own status in a list of results is not true."""
    rows = answer.get("results")
    refused = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("status") not in (True, "success", "true"):
            said = row.get("message") or row.get("reason") or ""
            refused[member_key(str(row.get("username")))] = f"{reason}{f': {said}' if said else ''}"
    return refused


def _about(entry: Entry, error: PortalOpsError) -> PortalOpsError:
    """The error as it concerns one member: batches share an error object, so each member gets its own."""
    message = str(error)
    if not message.startswith(f"{entry.username}: "):
        message = f"{entry.username}: {message}"
    details = {**error.details, "member": entry.username, "index": entry.index}
    own = type(error).__new__(type(error))
    PortalOpsError.__init__(own, message, **details)
    return own
