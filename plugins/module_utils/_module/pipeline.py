# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Wires the layers for a module: options, client, plan, guards, apply, result. Registers secrets and maps errors."""

from __future__ import annotations

import gc

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    MissingLibrary,
    PlanChanged,
    PortalOpsError,
    Problems,
    UnexpectedAnswer,
    Unverified,
    known,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    BY_NAME,
    SLICES,
    FieldError,
    member_key,
    parse_credits,
    shown,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options
from ansible_collections.portalops.arcgis.plugins.module_utils._module.ansible import Module as AnsibleModule
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Current, Directory
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Policy
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Plan, Spec

GARBAGE_AFTER = 200_000


class Failure(Exception):
    """A run that ends as a failure with a result: what happened is told even so."""

    def __init__(self, error: PortalOpsError, result: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.error = error
        self.result = result


class Run:
    """One run of a module: its options, and the client and organization once they are asked for."""

    def __init__(self, module: Any, name: str) -> None:
        self.module = module
        self.name = name
        self.params: dict[str, Any] = module.params
        self.check_mode: bool = module.check_mode
        self._client: PortalClient | None = None
        self._organization: Organization | None = None

    @property
    def client(self) -> PortalClient:
        if self._client is None:
            for secret in options.environment_secrets():
                self.mask(secret)
            self._client = PortalClient(options.connection(self.params), on_secret=self.mask, warn=self.module.warn)
        return self._client

    @property
    def organization(self) -> Organization:
        if self._organization is None:
            self._organization = Organization(self.client)
        return self._organization

    @property
    def calls(self) -> dict[str, int]:
        return self._client.calls if self._client else {"read": 0, "write": 0}

    def mask(self, secret: str) -> None:
        """Ansible masks option values by itself; what is minted or comes from a file must be told to it."""
        self.module.no_log_values.add(secret)

    def progress(self, line: str) -> None:
        """One line for somebody who watches; losing it must not hurt the run."""
        path = self.params.get("progress_path")
        if path:
            try:
                with open(path, "a", encoding="utf-8") as stream:
                    stream.write(f"{line}\n")
            except OSError:
                self.params["progress_path"] = None

    def execute(self, work: Callable[[Run], dict[str, Any]]) -> None:
        """Runs the work and leaves through exit_json or fail_json, whatever happens."""
        # A run keeps nearly all that it makes: looking for garbage at the usual pace costs a fifth of its time.
        gc.set_threshold(GARBAGE_AFTER)
        try:
            result = work(self)
        except Failure as failure:
            self._fail(failure.error, failure.result)
        except MissingLibrary as error:
            details = error.details
            self.module.fail_json(
                **{**error.fail_args(), "msg": missing_required_lib(details["library"])},
                exception=details.get("traceback"),
                changed=False,
                api_calls=self.calls,
            )
        except PortalOpsError as error:
            self._fail(error, {"changed": False})
        except Exception as error:  # pylint: disable=broad-exception-caught
            # What a defect left behind is not known; whoever sent something says so.
            self._fail(known(error), {"changed": bool(self.calls["write"])})
        else:
            self.module.exit_json(**result, api_calls=self.calls)
        finally:
            if self._client:
                self._client.close()
            # What is left goes with the process: at its end Python would look for garbage among all of it.
            gc.freeze()

    def _fail(self, error: PortalOpsError, result: dict[str, Any]) -> None:
        if self._client:
            error.rewrite(self._client.scrub)
        self.module.fail_json(**{**result, **error.fail_args(), "api_calls": self.calls})


def started(name: str, **arguments: Any) -> Run:
    """The run of a module with these arguments of AnsibleModule; ends as a failure if its options are wrong."""
    return Run(AnsibleModule(supports_check_mode=True, **arguments), name)


# -- members -------------------------------------------------------------------------------------------------------


def run_members(name: str) -> None:
    """A module that writes members: a slice of the pipeline, with the fields of SLICES[name]."""
    roster = name == "portal_members"
    spec = {**options.connection_spec(), **options.members_spec(name)}
    source = "src" if roster else "username"
    required = [source, "members"]
    if roster:
        spec.update(options.roster_spec())
    if name == "portal_credits":
        spec.update(options.credits_spec())
        required.extend(options.credits_spec())
    run = started(name, argument_spec=spec, mutually_exclusive=[(source, "members")], required_one_of=[required])
    run.execute(_members)


def _members(run: Run) -> dict[str, Any]:
    from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import (
        Planner,
        fields_named,
        tables_needed,
    )

    params = run.params
    purge = params.get("purge") or "none"
    policy = _policy(params) if params.get("guards") or purge != "none" else None
    specs = _specs(run, purge)
    budget = _budget_wanted(params)
    organization = run.organization
    creates = "state" in SLICES[run.name]
    directory = Directory(
        run.client, organization, fields_named(specs), _observed(run.name, organization), run.progress
    )
    current = directory.read(
        {spec.key: spec.username for spec in specs},
        whole=purge != "none",
        confirm={spec.key for spec in specs if spec.state == "present"}.__contains__,
    )
    tables = organization.tables(tables_needed(specs, current))
    spared = _spared(policy, organization) if policy else _nobody
    planner = Planner(
        organization, tables, current, creates=creates, purge=purge, transfer_to=params.get("transfer_to") or None
    )
    plan = planner.plan(specs, single=params.get("username") is not None, spared=spared)
    _plan_budget(plan, organization, budget)
    if policy is None and not (plan.entries or plan.organization or plan.problems):
        # Most runs: nothing to guard and nothing to write, so neither is loaded.
        _check_reviewed(plan, params.get("expected_plan"))
        return _finish(run, plan, {})
    return _carry_out(run, plan, policy or _policy(params), directory, current)


def _policy(params: dict[str, Any]) -> Policy:
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Policy

    return Policy(params.get("guards"))


def _nobody(_key: str) -> bool:
    return False


def _carry_out(run: Run, plan: Plan, policy: Policy, directory: Directory, current: Current) -> dict[str, Any]:
    """Guards a plan, carries it out and verifies it."""
    from ansible_collections.portalops.arcgis.plugins.module_utils._apply.run import Applier
    from ansible_collections.portalops.arcgis.plugins.module_utils._current.facts import gather
    from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import build
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import refusals
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import complete

    params = run.params
    organization = run.organization
    facts = gather(plan, policy, organization, directory, current)
    complete(plan, facts.owned, facts.licenses)
    _check_reviewed(plan, params.get("expected_plan"))
    _refuse(run, plan, refusals(plan, facts, policy, organization))
    applier = Applier(
        run.client,
        organization,
        directory,
        check_mode=run.check_mode,
        on_error=params["on_error"],
        retries=params["retries"],
        progress=run.progress,
    )
    try:
        _apply_budget(applier, organization, plan)
    except PortalOpsError as error:
        raise Failure(error, {**build(plan, None), "changed": isinstance(error, Unverified)}) from None
    return _finish(run, plan, applier.apply(plan, facts.free))


def _specs(run: Run, purge: str) -> list[Spec]:
    from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import passwords, specs

    params = run.params
    if params.get("username") is not None:
        return specs(run.name, params, [{"username": params["username"]}], "")
    if params.get("src") is not None:
        found = _from_file(run)
        for password in passwords(found):
            run.mask(password)
    else:
        found = specs(run.name, params, params.get("members") or [], "members")
    if not found and purge != "none":
        raise InputError(
            f"the roster is empty, and purge is {purge}: that would {purge} everybody",
            option="purge",
            remedy="list the members who stay, or set purge to none",
        )
    return found


def _from_file(run: Run) -> list[Spec]:
    from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import specs_from_file

    found, roster = specs_from_file(run.name, run.params)
    if roster.ignored:
        run.module.warn(f"The roster has columns that no field takes: {', '.join(roster.ignored)}.")
    return found


def _observed(name: str, organization: Organization) -> set[str]:
    """What guards and order look at, beside the fields that the task names."""
    seat = "user_type" if organization.has_user_types else "level"
    return {seat} | ({"credits_spent"} if "credits" in SLICES[name] else set())


def _spared(policy: Policy, organization: Organization) -> Callable[[str], bool]:
    """A purge leaves the calling account and protected members alone instead of failing on them."""
    return lambda key: key == organization.caller.key or policy.protects(key)


def _check_reviewed(plan: Plan, expected: str | None) -> None:
    from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import build

    found = plan.checksum()
    if expected and expected.strip().lower() != found:
        error = PlanChanged(
            f"this is not the plan that was reviewed: expected_plan is {expected}, the plan of today is {found} "
            f"with {len(plan.acting)} members; roster or organization have changed since",
            expected=expected,
            found=found,
            remedy="make a new plan, review it, and pass on its checksum",
        )
        raise Failure(error, build(plan, None))


def _refuse(run: Run, plan: Plan, problems: list[PortalOpsError]) -> None:
    from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import build

    if not problems:
        return
    _blame(plan, problems)
    raise Failure(problems[0] if len(problems) == 1 else Problems(problems), build(plan, None))


def _blame(plan: Plan, problems: list[PortalOpsError]) -> None:
    """What guards found against single members becomes part of their lines."""
    entries = {member_key(entry.username): entry for entry in plan.entries}
    for problem in problems:
        entry = entries.get(member_key(str(problem.details.get("member") or "")))
        if entry is not None and problem not in entry.problems:
            entry.problems.append(problem)


def _finish(run: Run, plan: Plan, outcomes: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import build

    result = build(plan, outcomes)
    if run.name == "portal_credits":
        result["budget"] = _budget(run.organization, plan)
    errors = [outcome.error for outcome in outcomes.values() if outcome.error is not None]
    if errors:
        done = sum(1 for outcome in outcomes.values() if outcome.changed)
        raise Failure(_counted(errors, done), result)
    return result


def _counted(errors: list[PortalOpsError], done: int) -> PortalOpsError:
    """The errors of a partial failure, headed by how many failed and that the others were done."""
    headline = f"{len(errors)} failed, {done} changed all the same:"
    if len(errors) > 1:
        return Problems(errors, headline)
    if done:
        errors[0].message = f"{headline}\n{errors[0].message}"
    return errors[0]


# -- the credit budget ---------------------------------------------------------------------------------------------


def _budget_wanted(params: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if params.get("budgeting") is not None:
        wanted["budgeting"] = params["budgeting"]
    if params.get("default_credits") is not None:
        try:
            wanted["default_credits"] = parse_credits(params["default_credits"])
        except FieldError as error:
            raise InputError(
                f"default_credits {error}", option="default_credits", remedy=f"correct default_credits: it {error}"
            ) from None
    return wanted


def _plan_budget(plan: Plan, organization: Organization, wanted: dict[str, Any]) -> None:
    """Adds the changes of switch and default to a plan."""
    from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PermissionDenied, UnsupportedError
    from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import same_credits

    if not wanted:
        return
    if not organization.is_online:
        if not any(problem.code == "unsupported" for problem in plan.problems):
            plan.problems.append(
                UnsupportedError("ArcGIS Enterprise has no credits, and so no credit budget", option=next(iter(wanted)))
            )
        return
    if "budgeting" in wanted and wanted["budgeting"] != organization.budgeting:
        plan.organization["budgeting"] = (organization.budgeting, wanted["budgeting"])
    if "default_credits" in wanted and not same_credits(organization.default_credits, wanted["default_credits"]):
        plan.organization["default_credits"] = (organization.default_credits, wanted["default_credits"])
    if plan.organization and not organization.caller.may("portal:admin:manageCredits"):
        plan.problems.append(
            PermissionDenied(
                f"{organization.caller.username} may not change the credit budget (portal:admin:manageCredits)",
                privilege="portal:admin:manageCredits",
                remedy="run with an account that may",
            )
        )


def _apply_budget(applier: Any, organization: Organization, plan: Plan) -> None:
    if not plan.organization:
        return
    data: dict[str, Any] = {}
    wanted = {name: after for name, (_before, after) in plan.organization.items()}
    if "budgeting" in wanted:
        data["creditAssignments"] = "enabled" if wanted["budgeting"] else "disabled"
    if "default_credits" in wanted:
        data["defaultUserCreditAssignment"] = (
            -1 if wanted["default_credits"] == "unlimited" else shown(wanted["default_credits"])
        )

    def reached() -> bool:
        now = Organization(organization.client)
        told = {"budgeting": now.budgeting, "default_credits": now.default_credits}
        if now.default_credits is None and "default_credits" in wanted:
            raise UnexpectedAnswer("the portal does not tell the credits of new members")
        return all(BY_NAME["credits"].same(told[name], value) for name, value in wanted.items())

    applier.setting("portals/self/update", data, reached)


def _budget(organization: Organization, plan: Plan) -> dict[str, Any]:
    before = {"budgeting": organization.budgeting, "default_credits": shown(organization.default_credits)}
    after = {**before, **{name: shown(new) for name, (_old, new) in plan.organization.items()}}
    return {**after, "before": before, "after": after}
