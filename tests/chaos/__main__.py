"""Many runs whose workers are killed or stopped at random, by hand: `uv run python -m tests.chaos 50`.

Each round makes a range, then changes its source and runs a part of it again, in databases and buckets of its own.
Whatever happens to the workers, every byte visible offline and online must be what the same runs make undisturbed.
"""

import asyncio
import random
import secrets
import signal
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from pydantic import SecretStr

from graphql_api.documents.materializations import MaterializationDocument
from graphql_api.domain.enums import RunState
from graphql_api.doors.worker import tools_of
from graphql_api.migrations.prepare import prepare
from graphql_api.runs import log
from graphql_api.settings import AuthMode, Settings
from tests.chaos.looking import Seen, everything
from tests.runs.processes import WorkerProcesses, worker_processes
from tests.runs.test_crashes import require_orderly_log
from tests.runs.workshop import Sale, Shop, open_shop
from tests.servers import RunningServers, running

LEASE_SECONDS = 2.0
BEFORE: list[Sale] = [(f"shop-{moment % 17}", moment, moment) for moment in range(400)]
AFTER: list[Sale] = [(f"shop-{moment % 13}", moment, moment * 2) for moment in range(400) if moment % 5]


async def one_round(servers: RunningServers, folder: Path, chance: random.Random | None) -> tuple[Seen, float, str]:
    """What is visible after both runs, the seconds that they took, and what was done to the workers."""
    name = secrets.token_hex(6)
    settings = Settings(
        data_dir=folder / name,
        mongodb_url=servers.mongodb_url,
        mongodb_database=f"chaos-{name}",
        redis_url=servers.redis_url,
        s3_endpoint_url=servers.s3_endpoint_url,
        s3_access_key_id=servers.s3_access_key_id,
        s3_secret_access_key=SecretStr(servers.s3_secret_access_key),
        s3_bucket=f"chaos-{name}",
        source_places=(f"s3://demo-{name}/",),
        auth=AuthMode.NONE,
    )
    await prepare(settings)
    async with tools_of(settings) as tools:
        await tools.objects.ensure_bucket(f"demo-{name}")
        shop = await open_shop(tools, settings.source_places[0], folder)
        done: list[str] = []
        began = time.monotonic()
        async with worker_processes(settings, lease_seconds=LEASE_SECONDS) as workers:
            for sales, start, end in ((BEFORE, 0, 400), (AFTER, 100, 300)):
                await shop.put("a", sales)
                run = await shop.ask(start, end)
                if chance is not None:
                    done += await disturb(workers, shop, run, chance)
                await workers.start()
                ended = await shop.ended(run, 120)
                assert ended.state is RunState.SUCCEEDED, ended.failure
                await require_orderly_log(shop, ended)
                done.append(f"ended in attempt {ended.attempt}")
                for process in workers.started:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
        seen = await everything(shop)
        seconds = time.monotonic() - began
        await tools.database.client.drop_database(settings.mongodb_database)
        await tools.online.remove_copy(shop.copy.id)
    return seen, seconds, ", ".join(done)


async def disturb(
    workers: WorkerProcesses, shop: Shop, run: MaterializationDocument, chance: random.Random
) -> list[str]:
    """One to three workers, one after the other, each killed or stopped a random while after it took the run."""
    done: list[str] = []
    for _ in range(chance.randint(1, 3)):
        process = await workers.start()
        attempt = (await log.load(shop.tools.database, run)).attempt
        await taken(shop, run, attempt)
        await asyncio.sleep(chance.uniform(0, 8))
        where = (await log.load(shop.tools.database, run)).phase
        if chance.random() < 0.5:
            process.kill()
            await process.wait()
            done.append(f"killed in {where}")
        else:
            process.send_signal(signal.SIGSTOP)
            asyncio.get_running_loop().call_later(chance.uniform(1, 3) * LEASE_SECONDS, let_go_on, process)
            done.append(f"stopped in {where}")
    return done


async def taken(shop: Shop, run: MaterializationDocument, attempt: int) -> None:
    """Return once a later attempt has begun, or the run has ended."""
    async with aclosing(shop.watched(run, 60)) as watched:
        async for now in watched:
            if now.attempt > attempt or now.state.is_terminal:
                return


def let_go_on(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGCONT)


async def main(rounds: int, seed: int) -> int:
    print(f"{rounds} rounds, seed {seed}", flush=True)
    wrong = 0
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        with running(folder / "servers") as servers:
            clean, seconds, _ = await one_round(servers, folder, None)
            print(f"undisturbed: {seconds:.1f} s, {len(clean.offline)} rows, {len(clean.online)} keys", flush=True)
            for number in range(rounds):
                seen, seconds, done = await one_round(servers, folder, random.Random(seed + number))
                wrong += seen != clean
                print(f"{number + 1}: {'equal' if seen == clean else 'DIFFERENT'}, {seconds:.1f} s, {done}", flush=True)
    print(f"{rounds - wrong} of {rounds} equal to the undisturbed one")
    return wrong


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    sys.exit(asyncio.run(main(*arguments, *(50, 1)[len(arguments) :])))
