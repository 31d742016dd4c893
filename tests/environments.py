"""What a process of the product is told, so that it works with the servers of a test."""

import os

from graphql_api.settings import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "MONGODB_URL": settings.mongodb_url or "",
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url or "",
        "S3_ENDPOINT_URL": settings.s3_endpoint_url or "",
        "S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key.get_secret_value(),
        "S3_BUCKET": settings.s3_bucket,
        "SOURCE_PLACES": ",".join(settings.source_places),
        "DATA_DIR": str(settings.data_dir),
    }
