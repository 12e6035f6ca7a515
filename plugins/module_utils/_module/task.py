# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""One run of a module: its options, its client and organization, and the way out through exit_json or fail_json."""

from __future__ import annotations

from typing import Any, Callable

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    MissingLibrary,
    MultipleErrors,
    PlanChanged,
    PortalOpsError,
    as_portalops_error,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    GROUP,
    INVITATION,
    MEMBER,
    Plan,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import plural
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options
from ansible_collections.portalops.arcgis.plugins.module_utils._module.ansible import Module as AnsibleModule
from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import Outcomes, build
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient


class RunFailed(Exception):
    """A run that ends as a failure and has a result nevertheless."""

    def __init__(self, errors: list[PortalOpsError], result: dict[str, Any], headline: str = "") -> None:
        """Take errors and result.

        Args:
            errors: At least one.
            result: Return values of the module.
            headline: First line of ``msg``, or an empty text.
        """
        self.error: PortalOpsError = errors[0]
        if len(errors) > 1:
            self.error = MultipleErrors(errors, headline)
            headline = ""
        self.headline = headline
        super().__init__(str(self.error))
        self.result = result


def fail_on_errors(outcomes: Outcomes, result: dict[str, Any]) -> None:
    """Raise RunFailed with the errors of a partial failure, headed by how many entries failed and changed."""
    errors = [outcome.error for outcome in outcomes.values() if outcome.error is not None]
    if not errors:
        return
    kinds = {kind for kind, _key in outcomes}
    noun = kinds.pop() if kinds in ({GROUP}, {INVITATION}) else MEMBER
    changed = sum(1 for outcome in outcomes.values() if outcome.changed and outcome.error is None)
    partly = sum(1 for outcome in outcomes.values() if outcome.changed and outcome.error is not None)
    headline = ""
    if changed or partly or len(errors) > 1:
        note = f" ({partly} changed in part)" if partly else ""
        headline = f"{plural(len(errors), noun)} failed{note}, {plural(changed, noun)} changed:"
    raise RunFailed(errors, result, headline)


class Task:
    """One run of a module. Client and organization are made when they are first asked for."""

    def __init__(self, module: Any, name: str) -> None:
        self.module = module
        self.name = name
        self.params: dict[str, Any] = module.params
        self.check_mode: bool = module.check_mode
        self._client: PortalClient | None = None
        self._reader: OrganizationReader | None = None

    @property
    def client(self) -> PortalClient:
        if self._client is None:
            for secret in options.environment_secrets():
                self.mask(secret)
            self._client = PortalClient(options.connection(self.params), on_secret=self.mask, warn=self.module.warn)
        return self._client

    @property
    def reader(self) -> OrganizationReader:
        if self._reader is None:
            self._reader = OrganizationReader(self.client)
        return self._reader

    @property
    def organization(self) -> Organization:
        return self.reader.organization

    @property
    def api_calls(self) -> dict[str, int]:
        return self._client.calls if self._client else {"read": 0, "write": 0}

    def mask(self, secret: str) -> None:
        """Register a secret. Ansible masks option values itself, but not tokens and what comes from a file."""
        self.module.no_log_values.add(secret)

    def progress(self, line: str) -> None:
        """Write one line of progress. If that fails, the run goes on without progress."""
        path = self.params.get("progress_path")
        if path:
            try:
                with open(path, "a", encoding="utf-8") as stream:
                    stream.write(f"{line}\n")
            except OSError:
                self.params["progress_path"] = None

    def execute(self, work: Callable[[Task], dict[str, Any]]) -> None:
        """Run the work and leave through exit_json or fail_json, whatever happens."""
        try:
            result = work(self)
        except RunFailed as failure:
            self._fail(failure.error, failure.result, failure.headline)
        except MissingLibrary as error:
            self.module.fail_json(
                **{**error.fail_args(), "msg": missing_required_lib(error.details["library"])},
                exception=error.details.get("traceback"),
                changed=False,
                api_calls=self.api_calls,
            )
        except PortalOpsError as error:
            self._fail(error, {"changed": False})
        except Exception as error:  # pylint: disable=broad-exception-caught
            # After a defect, it is unknown what took effect. If something was sent, the result says so.
            wrote = bool(self.api_calls["write"])
            self._fail(as_portalops_error(error), {"changed": wrote, **({"uncertain": True} if wrote else {})})
        else:
            self.module.exit_json(**result, api_calls=self.api_calls)
        finally:
            if self._client:
                self._client.close()

    def _fail(self, error: PortalOpsError, result: dict[str, Any], headline: str = "") -> None:
        if self._client:
            error.rewrite(self._client.scrub)
        failure = {**result, **error.fail_args(), "api_calls": self.api_calls}
        if headline:
            failure["msg"] = f"{headline}\n{failure['msg']}"
        self.module.fail_json(**failure)


def new_task(name: str, **arguments: Any) -> Task:
    """Return the run of a module; ends as a failure if its options are wrong.

    Args:
        name: Name of the module.
        arguments: Arguments of AnsibleModule.
    """
    return Task(AnsibleModule(supports_check_mode=True, **arguments), name)


def check_expected_plan(task: Task, plan: Plan) -> None:
    """Raise RunFailed if the task expects another plan."""
    error = plan_changed_error(plan, task.params.get("expected_plan"))
    if error is not None:
        raise RunFailed([error], build(plan, None))


def plan_changed_error(plan: Plan, expected: str | None) -> PortalOpsError | None:
    """Return the error if the checksum of a plan is not the expected one; an empty text expects nothing."""
    current = plan.checksum()
    if not expected or expected.strip().lower() == current:
        return None
    return PlanChanged(
        f"The plan changed after the review: expected_plan is {expected}, but the current plan is {current} "
        f"({plural(len(plan.acting), 'change')}).",
        expected=expected,
        found=current,
        remedy="Review the new plan and pass its checksum.",
    )
