from datetime import datetime

from beanie import Document


class LeaseDocument(Document):
    """A chore that one worker at a time does: nobody else before `until`, by the server's clock. `cursor` is where its
    last pass stopped."""

    id: str  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    owner: str
    until: datetime
    cursor: str | None = None

    class Settings:
        name = "leases"
