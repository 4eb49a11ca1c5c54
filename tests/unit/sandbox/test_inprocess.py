"""A botocore client that talks to a WSGI application of the same process."""

from collections.abc import Iterable
from typing import Any

from auditor.aws.session import Credentials, make_client
from auditor.sandbox.inprocess import ENDPOINT, before_send

KEYS = Credentials("AKIAEXAMPLEEXAMPLE00", "secret")


def test_a_request_arrives_whole_and_its_answer_comes_back() -> None:
    """Method, raw path, headers and body as a server would see them; status and body as a client would."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [("Content-Type", "application/json"), ("x-amzn-RequestId", "r-1")])
        return [b'{"BackupJobId": ', b'"42"}']

    client = make_client(
        "backup", "cn-north-1", credentials=KEYS, endpoint_url=ENDPOINT, before_send=before_send(application)
    )
    found = client.describe_backup_job(BackupJobId="a/b c")

    assert (found["BackupJobId"], found["ResponseMetadata"]["RequestId"]) == ("42", "r-1")
    assert (seen["REQUEST_METHOD"], seen["RAW_URI"]) == ("GET", "/backup-jobs/a%2Fb%20c")
    assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/backup-jobs/a/b c", "")
    assert "/cn-north-1/backup/aws4_request" in seen["HTTP_AUTHORIZATION"]
    assert (seen["HTTP_HOST"], seen["body"]) == ("127.0.0.1", b"")

    client.create_backup_vault(BackupVaultName="v-1", BackupVaultTags={"a": "b"}, CreatorRequestId="r")
    assert (seen["REQUEST_METHOD"], seen["CONTENT_TYPE"], seen["body"]) == (
        "PUT",
        "application/json",
        b'{"BackupVaultTags": {"a": "b"}, "CreatorRequestId": "r"}',
    )
