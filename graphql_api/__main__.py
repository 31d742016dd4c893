from graphql_api.doors.cli import run

if __name__ == "__main__":
    run()
