RELEASE = "0.1.0"
"""Of this program, as pyproject.toml says; signed wherever data outlives the program that wrote it."""
