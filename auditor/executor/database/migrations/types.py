"""The types of columns in revisions.

On PostgreSQL text is compared byte by byte, as SQLite does, whatever the database's own collation: pages and
their tokens come in the order of text columns.
"""

from typing import Final

from sqlalchemy import BigInteger, Integer, String, Text

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
ACCOUNT: Final = String(12).with_variant(String(12, collation="C"), "postgresql")
REGION: Final = String(32).with_variant(String(32, collation="C"), "postgresql")
#: SQLite numbers rows by itself in a column of the type INTEGER only; it has 64 bits there.
ID: Final = BigInteger().with_variant(Integer, "sqlite")
