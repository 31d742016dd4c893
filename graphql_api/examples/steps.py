"""The demo's definitions, as a user would keep them: folders of YAML.

`01_first` is the whole registry. `02_longer_routes` is a later change, applied once the first is served: it makes the
second version of `route_delays`, while `delay_model` keeps the first that it pinned."""

from pathlib import Path


def definitions_folder() -> Path:
    return Path(__file__).parent / "definitions"


def steps() -> list[Path]:
    """Folders to apply one after the other, each when the runs of the views that it changes have ended."""
    return sorted(folder for folder in definitions_folder().iterdir() if folder.is_dir())
