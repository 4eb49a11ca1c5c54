"""Check that an answer in XML has the form of its operation, and refuse any other.

botocore's parsers take any well-formed document: in the page of a proxy they find no member, and read that as
"there is none". Here the root must be that of the operation. A list holds only its items, a structure
holds no text, a plain value holds no elements, and no member stands there twice. Elements that the model does
not know are passed over, as newer services send them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final
from xml.etree import ElementTree as ET

from botocore.parsers import EC2QueryParser, QueryParser, ResponseParserError, RestXMLParser

#: The roots of S3's answers are not in its model (API reference of each operation).
_S3_ROOTS: Final = {
    "GetBucketLifecycleConfigurationOutput": "LifecycleConfiguration",
    "GetBucketReplicationOutput": "ReplicationConfiguration",
    "GetBucketVersioningOutput": "VersioningConfiguration",
    "GetObjectLockConfigurationOutput": "ObjectLockConfiguration",
    "ListBucketsOutput": "ListAllMyBucketsResult",
    "NotificationConfiguration": "NotificationConfiguration",
}
_NESTED: Final = frozenset({"list", "map", "structure"})
_BOOLEANS: Final = frozenset({"true", "false"})
_LONGEST_NAME: Final = 100


class _Formed(ABC):
    """A parser of XML of botocore that looks at each element before it is read."""

    @abstractmethod
    def _root(self, shape: Any) -> str:
        """Name the root of the answers of an output shape."""

    def _do_parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        _check_root(response["body"], self._root(shape))
        return super()._do_parse(response, shape)  # type: ignore[misc] # a parser of botocore comes after

    def _parse_shape(self, shape: Any, node: Any) -> Any:
        if not isinstance(node, str):  # the value of a header
            self._check(shape, node)
        return super()._parse_shape(shape, node)  # type: ignore[misc] # as above

    def _check(self, shape: Any, node: Any) -> None:
        if shape.serialization.get("flattened"):
            return
        if isinstance(node, list):
            raise ResponseParserError(f"The answer has {_tag(node[0])} twice.")
        if shape.type_name not in _NESTED:
            if len(node):
                raise ResponseParserError(f"The answer's {_tag(node)} is not a plain value.")
            if shape.type_name == "boolean" and node.text not in _BOOLEANS:
                raise ResponseParserError(f"The answer's {_tag(node)} is neither true nor false.")
            return
        if node.text and node.text.strip():
            raise ResponseParserError(f"The answer's {_tag(node)} is text.")
        if shape.type_name == "list":
            name = shape.member.serialization.get("name", "member")
            if any(_tag(child) != name for child in node):
                raise ResponseParserError(f"The answer's {_tag(node)} holds what is no {name}.")


class FormedQuery(_Formed, QueryParser):
    """Answers of the protocol `query` (RDS)."""

    def _root(self, shape: Any) -> str:
        return str(shape.serialization["resultWrapper"]).removesuffix("Result") + "Response"


class FormedEc2(_Formed, EC2QueryParser):
    """Answers of the protocol `ec2`."""

    def _root(self, shape: Any) -> str:
        return str(shape.name).removesuffix("Result") + "Response"


class FormedRestXml(_Formed, RestXMLParser):
    """Answers of the protocol `rest-xml` (S3)."""

    def _root(self, shape: Any) -> str:
        return _S3_ROOTS[shape.name]


def _tag(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _check_root(body: bytes, expected: str) -> None:
    try:
        events = ET.iterparse(BytesIO(body), ("start",))  # noqa: S314 -- botocore reads it with expat as well
        _, root = next(iter(events))
    except (ET.ParseError, StopIteration) as error:
        raise ResponseParserError(f"The answer is not XML: {error or 'it is empty'}.") from None
    found = _tag(root)
    if found != expected:
        raise ResponseParserError(f"The answer is {found[:_LONGEST_NAME]} where {expected} is expected.")
