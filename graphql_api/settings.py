"""One tree of settings, read once from the environment, at the edge."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class AuthMode(StrEnum):
    TOKEN = "token"
    NONE = "none"


class Settings(BaseSettings):
    """Environment variables of the same names in capitals; a field's description says what it means."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    port: int = Field(default=8000, ge=1, le=65_535, description="Port that the API listens on.")
    data_dir: Path = Field(default=Path(".data"), description="Where the embedded servers keep everything.")

    mongodb_url: str | None = Field(default=None, description="A MongoDB replica set instead of the embedded one.")
    mongodb_database: str = "jfs"
    redis_url: str | None = Field(default=None, description="A Redis instead of the embedded one.")
    s3_endpoint_url: str | None = Field(default=None, description="An S3 service instead of the embedded one.")
    s3_access_key_id: str = "embedded"
    s3_secret_access_key: SecretStr = SecretStr("embedded-secret")
    s3_region: str = "us-east-1"
    s3_bucket: str = Field(default="jfs", description="The bucket that holds the offline store.")
    source_places: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("s3://demo/",), description="Prefixes under which data sources may lie, separated by commas."
    )

    auth: AuthMode = Field(default=AuthMode.TOKEN, description="`none` lets everyone in as an admin; loopback only.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Host names that requests may carry, separated by commas; loopback names always may."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins besides the server's own that browsers may ask from, separated by commas."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$",
        description="What clients call this server, where a proxy changes the Host; links that it gives begin with it.",
    )
    max_body_bytes: int = Field(default=4_000_000, ge=1_000, le=1_000_000_000)
    max_upload_bytes: int = Field(
        default=5_000_000_000, ge=1, le=80_000_000_000, description="How large a file may be that is uploaded."
    )
    max_query_depth: int = Field(default=15, ge=1, le=100)
    max_query_aliases: int = Field(default=30, ge=0, le=10_000)
    max_query_tokens: int = Field(default=4_000, ge=10, le=100_000)
    max_lookup_entities: int = Field(default=10_000, ge=1, le=1_000_000)
    websocket_init_seconds: float = Field(
        default=10.0, ge=0.1, le=600, description="How long a WebSocket client may take to introduce itself."
    )

    worker_slots: int = Field(default=2, ge=1, le=64, description="Runs that one worker computes side by side.")
    lease_seconds: float = Field(
        default=15.0, ge=1, le=3_600, description="How long a silent worker keeps its run; a few seconds at least."
    )
    chunk_rows: int = Field(
        default=500_000, ge=1, le=100_000_000, description="Source rows that a chunk of a run aims at."
    )
    run_attempts: int = Field(
        default=5,
        ge=1,
        le=1_000,
        description="Attempts before a fault that passes fails the run; none count after its commit.",
    )
    history_days: float = Field(
        default=30,
        ge=1,
        le=100_000,
        description="For how long one can read the offline store as it was before later runs replaced rows; what "
        "training data sets name is kept for as long as they are.",
    )
    cache_bytes: int = Field(
        default=20_000_000_000, ge=1_000_000, description="Bound of the local cache of immutable objects."
    )
    sandbox_memory_bytes: int = Field(default=2_000_000_000, ge=100_000_000)
    sandbox_seconds: int = Field(
        default=3_600, ge=1, le=86_400, description="Deadline of one computation in the sandbox."
    )

    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )

    redis_timeout_seconds: float = Field(default=1.0, ge=0.01, le=60)
    mongodb_timeout_seconds: float = Field(default=5.0, ge=0.1, le=60)

    @field_validator("source_places", "allowed_hosts", "allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def required(url: str | None, variable: str) -> str:
    if url is None:
        raise RuntimeError(f"{variable} says where the server is; `make run` starts one and sets it.")
    return url
