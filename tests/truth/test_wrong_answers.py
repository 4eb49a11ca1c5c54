"""An answer in another form than the API's is a gap: it is never taken for less than was there."""

from collections.abc import Iterator

import pytest

from auditor.aws import bodies, endless
from auditor.evidence.table_schemas import EVERYTHING
from auditor.model.errors import AuditorError
from tests.contract.collect.test_legal_holds import held
from tests.loopback import faults
from tests.loopback.collecting import Directly, Reading
from tests.loopback.frameworks import framework
from tests.loopback.organization_policies import governed
from tests.loopback.own_backups import OWN_BACKUPS
from tests.loopback.report_plans import reporting
from tests.loopback.restore_tests import plan
from tests.loopback.standing import ACCOUNT, HOME, SINCE
from tests.loopback.wrong import Wrong, changes
from tests.truth.worlds import PERIOD, healthy

#: What is asked before a Region is read; all else is of a Region.
_OF_THE_ORGANIZATION = frozenset(
    {
        "AssumeRole",
        "DescribeEffectivePolicy",
        "DescribeGlobalSettings",
        "DescribeOrganization",
        "DescribePolicy",
        "DescribeRegions",
        "GetCallerIdentity",
        "ListAccountsForParent",
        "ListAccountsWithInvalidEffectivePolicy",
        "ListEffectivePolicyValidationErrors",
        "ListOrganizationalUnitsForParent",
        "ListPolicies",
        "ListRoots",
        "ListTargetsForPolicy",
    }
)
#: Plans and selections are kept as they are; what is in them is looked at where they are judged.
_KEPT = {
    "GetBackupPlan": "BackupPlan/",
    "GetBackupSelection": "BackupSelection/",
    "GetLifecyclePolicy": "Policy/PolicyDetails/Schedules/0/",
}
#: Settings of a bucket, in which an element that is not known is not told from one that S3 has added.
_OF_BUCKETS = (
    *("GetBucketLifecycleConfiguration", "GetBucketNotificationConfiguration", "GetBucketReplication"),
    *("GetBucketVersioning", "GetObjectLockConfiguration"),
)


class Right:
    """What is collected of a healthy organization where all answers are right."""

    def __init__(self, directly: Directly, *, whole: bool) -> None:
        self.everything = directly.read()
        self._directly = directly
        self._needed = {} if whole else directly.needed()
        self._readings: dict[frozenset[str], Reading] = {}

    def tables(self, operation: str) -> frozenset[str]:
        """What rests on the answers of an operation."""
        return frozenset(self._needed.get(operation, EVERYTHING))

    def reading(self, tables: frozenset[str]) -> Reading:
        """What is collected where these tables alone are asked for."""
        if tables not in self._readings:
            self._readings[tables] = self._directly.read(tables=tables)
        return self._readings[tables]


@pytest.fixture(scope="module", params=[True, False], ids=["organization", "account"])
def cloud(request: pytest.FixtureRequest) -> Iterator[tuple[Directly, Right, bool]]:
    """A healthy organization, what is collected of it, and whether it is read from its roots on."""
    whole = request.param
    scope = {"accounts": "organization", "regions": None} if whole else {"regions": (HOME,)}
    world = reporting(held(healthy()))
    governed(world, ACCOUNT)
    equal = {"StringEquals": [{"Key": "aws:ResourceTag/a", "Value": "b"}]}
    tested = {
        "ProtectedResourceType": "EBS",
        "ProtectedResourceArns": ["*"],
        "ProtectedResourceConditions": equal,
    }
    world.accounts[ACCOUNT].regions[HOME].restore_tests = [plan("weekly", SINCE, tested)]
    world.at().frameworks.append(framework())
    world.operations |= OWN_BACKUPS
    with Directly(world, period_days=PERIOD, **({"accounts": "caller"} | scope)) as directly:
        yield directly, Right(directly, whole=whole), whole


def wrong_answers(directly: Directly, *, whole: bool) -> list[tuple[str, Wrong]]:
    """Each change of each answer."""
    return [
        (operation, wrong)
        for operation, body in sorted(directly.bodies.items())
        if (operation in _OF_THE_ORGANIZATION) == whole
        for wrong in changes(body)
        if not wrong.name.startswith(_KEPT.get(operation, "-"))
        if not (operation in _OF_BUCKETS and wrong.name.endswith(" is an element"))
    ]


def problem(directly: Directly, right: Right, operation: str, wrong: Wrong) -> str:
    """What is not as it must be where an answer is wrong; "" where all is."""
    where, tables = f"{operation}: {wrong.name}", right.tables(operation)
    try:
        found = directly.read(faults.other(operation, wrong.change), tables=tables)
    except AuditorError:
        return ""  # nothing can be read at all, and one sentence says so
    except Exception as error:  # noqa: BLE001 -- what a traceback would show
        return f"{where}: {error!r}"
    crashed = [gap.message for gap in found.gaps if gap.service == "auditor"]
    if crashed:
        return f"{where}: {crashed[0]}"
    silent = not wrong.lawful and not found.gaps and found.evidence != right.reading(tables).evidence
    return f"{where}: taken without a gap" if silent else ""


#: What proxies, portals and broken endpoints say in the place of an answer: status and body.
_ELSEWHERE = (
    *((200, b""), (200, b" \n"), (200, b"<html><body>Sign in</body></html>"), (200, b"[{}]"), (200, b"null")),
    *((200, b"\x1f\x8b\x08\x00"), (200, b'{"__type": "AccessDeniedException"}'), (200, b"[" * 100_000)),
    *((202, b"{}"), (204, b""), (302, b"<html/>"), (307, b""), (400, b"<html>"), (403, b"<html/>")),
    *((404, b""), (407, b"<html>"), (500, b""), (503, b"{}"), (599, b"x")),
)


#: Listings that the fault does not renew: a map of at most 50 in one answer, one whose token is an ARN, and
#: two that loopback gives in one page.
_OTHERWISE = ("ListTags", "ListBackups", "ListFrameworks", "ListReportPlans")

#: One in so many is tried, no divisor of how many there are: some for each operation, each for many of them.
_EACH = 4


def _elsewhere(directly: Directly, right: Right, *, whole: bool) -> list[str]:
    """What is not as it must be where something else answers in AWS's place."""
    operations = sorted(name for name in directly.bodies if (name in _OF_THE_ORGANIZATION) == whole)
    tried = [(name, status, body) for name in operations for status, body in _ELSEWHERE]
    found = []
    for operation, status, body in tried[::_EACH]:
        where = f"{operation}: {status} {body[:20]!r}"
        try:
            fault = faults.answered(operation, status, body)
            gaps = directly.read(fault, tables=right.tables(operation)).gaps
        except AuditorError:
            continue
        except Exception as error:  # noqa: BLE001 -- what a traceback would show
            found.append(f"{where}: {error!r}")
            continue
        if not gaps or any(gap.service == "auditor" for gap in gaps):
            found.append(f"{where}: {gaps}")
    return found


@pytest.mark.long
def test_what_answers_in_the_place_of_aws_is_a_gap(cloud: tuple[Directly, Right, bool]) -> None:
    """Some of every operation; a redirection of S3, which botocore would follow, among them."""
    directly, right, whole = cloud

    assert len(_ELSEWHERE) % _EACH
    assert _elsewhere(directly, right, whole=whole) == []
    if not whole:
        moved = directly.read(faults.answered("ListBuckets", 302, b"<html/>"))
        assert [(gap.service, gap.operation, gap.error) for gap in moved.gaps] == [
            ("s3", "ListBuckets", "Unreadable")
        ]


@pytest.mark.long
def test_no_wrong_answer_is_taken(cloud: tuple[Directly, Right, bool]) -> None:
    """Every change of every member of every answer."""
    directly, right, whole = cloud
    found = [
        problem(directly, right, operation, wrong)
        for operation, wrong in wrong_answers(directly, whole=whole)
    ]

    assert right.everything.gaps == ()
    assert [text for text in found if text] == []


@pytest.mark.long
def test_no_answer_goes_on_for_ever(
    cloud: tuple[Directly, Right, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some operations, each with more spaces behind its right answer than are read: a gap."""
    monkeypatch.setattr(bodies, "MOST_BYTES", 100_000)
    directly, right, whole = cloud
    said = []
    for operation in sorted(name for name in directly.bodies if (name in _OF_THE_ORGANIZATION) == whole)[::3]:
        try:
            fault = faults.other(operation, lambda body: body + b" " * 100_000)
            gaps = directly.read(fault, tables=right.tables(operation)).gaps
            said.append((operation, {gap.message for gap in gaps if gap.operation == operation}))
        except AuditorError as error:  # without roots or an identity nothing is read
            said.append((operation, {"The answer does not end" + str(error).partition("does not end")[2]}))

    assert {told[:23] for _, messages in said for told in messages} == {"The answer does not end"}
    assert all(messages for _, messages in said)


@pytest.mark.long
def test_no_listing_goes_on_for_ever(
    cloud: tuple[Directly, Right, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every listing that has pages, with the same page and a new token each time: a gap, at once."""
    monkeypatch.setattr(endless, "MOST_BLANK", 5)
    directly, right, whole = cloud
    listings = {
        operation: faults.renewed(operation)
        for operation in directly.bodies
        if operation.startswith(("List", "GetResources", "DescribeVolumes", "DescribeInst", "DescribeDB"))
        and (operation in _OF_THE_ORGANIZATION) == whole
        and operation not in _OTHERWISE
    }
    ended = set()
    for operation, fault in listings.items():
        try:
            gaps = directly.read(fault, tables=right.tables(operation)).gaps
        except AuditorError as error:
            assert operation in str(error)  # noqa: PT017 -- either is right: without roots nothing is read
            ended.add(operation)
        else:
            said = "The listing"
            ended |= {gap.operation for gap in gaps if gap.message.startswith(said)}

    assert ended == listings.keys()
