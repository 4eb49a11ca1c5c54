"""What went wrong in a call, in AWS's words for the evidence and in one sentence for the user."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from auditor.model.errors import AuditorError

#: The code of an answer that came and cannot be understood.
UNREADABLE: Final = "Unreadable"

#: A gap's message is evidence, not a log: AWS's sentences are far shorter.
LONGEST_MESSAGE: Final = 500
_LONGEST_DETAIL: Final = 200

#: Codes that the AWS SDKs treat as throttling in the standard retry mode (AWS SDKs and Tools, "Retry
#: behavior").
THROTTLING: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

#: What is raised where an answer is not as its model says. Arrow's and orjson's own errors are among them.
MALFORMED: Final = (AttributeError, KeyError, TypeError, ValueError)

#: What a client raises: AWS's errors, errors before or below HTTP, and answers that cannot be read.
CALL_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)

#: Codes of credentials that are over.
EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """AWS's error code, or the kind of transport error, and its message."""

    code: str
    message: str


def unreadable(message: str) -> Failure:
    """Make the failure of an answer that came and cannot be understood."""
    return Failure(UNREADABLE, message[:LONGEST_MESSAGE])


def not_understood(what: str, error: Exception) -> Failure:
    """Make the failure of `what` ("The plan arn:…"), of which `error` says what is wrong."""
    wrong = f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)
    return unreadable(f"{what} cannot be understood: {wrong[:_LONGEST_DETAIL]}.")


def failure_of(error: Exception) -> Failure:
    """Read the code and the message of an error that a client raised."""
    if isinstance(error, ResponseParserError):
        return unreadable(str(error))
    if isinstance(error, MALFORMED) and not isinstance(error, BotoCoreError):
        return not_understood("The answer", error)
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        code, message = str(details.get("Code") or "Unknown"), str(details.get("Message") or "")
    else:
        code, message = type(error).__name__, str(error)
    return Failure(code, message[:LONGEST_MESSAGE])


def is_unreachable(error: Exception) -> bool:
    """Say whether the endpoint did not answer at all."""
    return isinstance(error, BotoConnectionError | HTTPClientError)


def may_have_acted(error: Exception) -> bool:
    """Say whether a service may have done what a call asked: its answer was cut or is none."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return bool(status >= HTTPStatus.INTERNAL_SERVER_ERROR)
    return not isinstance(error, NoCredentialsError | PartialCredentialsError | EndpointConnectionError)


def could_not_start(error: Exception) -> AuditorError:
    """Say in one sentence why nothing can be read at all, and what to do."""
    failure = failure_of(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        text = (
            "There are no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or run where a role provides them."
        )
    elif failure.code == UNREADABLE:
        text = (
            f"What answers is not AWS STS ({failure.message}); check AWS_ENDPOINT_URL and whether a proxy "
            "answers instead."
        )
    elif failure.code in EXPIRED:
        text = f"The AWS credentials have expired ({failure.code}); sign in again and repeat the command."
    elif isinstance(error, ClientError):
        text = (
            f"AWS refuses the credentials ({failure.code}: {failure.message}); check the keys, and "
            "that the first of --regions, else AWS_REGION, is a Region of their partition."
        )
    elif is_unreachable(error):
        endpoint = getattr(error, "kwargs", {}).get("endpoint_url", "the AWS endpoint")
        text = (
            f"{endpoint} cannot be reached ({failure.code}); check AWS_ENDPOINT_URL, the Region and the "
            "network."
        )
    else:
        text = (
            f"The AWS configuration cannot be used ({failure.message}); check AWS_PROFILE and ~/.aws/config."
        )
    return AuditorError(" ".join(text.split()))
