"""Errors as the AWS Backup API answers them."""

from http import HTTPStatus


class ServiceError(Exception):
    """One error of the API: `code` is the modelled exception's name.

    `fields` are the exception's further members (Arn and CreatorRequestId of AlreadyExistsException).
    """

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST, **fields: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = int(status)
        self.fields = fields


def invalid(message: str) -> ServiceError:
    """A parameter is out of range, of the wrong form, or contradicts another."""
    return ServiceError("InvalidParameterValueException", message)


def missing(message: str) -> ServiceError:
    """A required parameter is absent."""
    return ServiceError("MissingParameterValueException", message)


def not_found(message: str) -> ServiceError:
    """What the request names does not exist in this account and Region."""
    return ServiceError("ResourceNotFoundException", message)


def refused(message: str) -> ServiceError:
    """The request is well formed and the state of things does not allow it."""
    return ServiceError("InvalidRequestException", message)


def limit_exceeded(message: str) -> ServiceError:
    """A quota of AWS Backup (aws-backup.md 1.5) is reached."""
    return ServiceError("LimitExceededException", message)


def already_exists(message: str, *, arn: str, creator_request_id: str) -> ServiceError:
    """Something of the same name or content is there already."""
    return ServiceError("AlreadyExistsException", message, Arn=arn, CreatorRequestId=creator_request_id)


def unavailable(message: str) -> ServiceError:
    """What the service stands on does not answer. 503 is retried by the SDKs."""
    return ServiceError("ServiceUnavailableException", message, HTTPStatus.SERVICE_UNAVAILABLE)


def not_implemented(operation: str) -> ServiceError:
    """An operation that this executor does not offer. 501 is not retried by the SDKs."""
    message = f"{operation} is not implemented by this backup service."
    return ServiceError("ServiceUnavailableException", message, HTTPStatus.NOT_IMPLEMENTED)
