from beanie import Document


class SigningKeyDocument(Document):
    """A secret of the installation, made once: what it signs, any of its servers can check."""

    id: str  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]
    secret: bytes

    class Settings:
        name = "signing_keys"
