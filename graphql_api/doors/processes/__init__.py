"""What runs in a process of its own: `python -m graphql_api.doors.processes.<name>`.

The command line itself stays light: it becomes one of these, or starts them.
"""
