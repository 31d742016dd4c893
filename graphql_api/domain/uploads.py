"""What may be uploaded, and for how long it is there."""

import re
from datetime import timedelta

PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv"
CONTENT_TYPES = (PARQUET, CSV)
USABLE_FOR = timedelta(days=1)
"""From when it was asked for; one that a data source names stays as long as that."""


def media_type(content_type: str) -> str:
    """Without parameters such as the charset."""
    return content_type.partition(";")[0].strip().lower()


def safe_name(file_name: str) -> str:
    """A name that means nothing to patterns, stores and shells."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", file_name)
