"""A client that asks one URL again and again over kept connections, and costs little itself."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """`refused`: asked, but not answered with 200; they count for nothing else."""

    requests: int
    refused: int
    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def percentile(self, part: float) -> float:
        ordered = sorted(self.latencies) or [float("nan")]
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1_000


async def post_for(seconds: float, port: int, path: str, body: bytes, connections: int) -> Load:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    latencies: list[float] = []
    refused = 0
    began = time.perf_counter()

    async def ask() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (start := time.perf_counter()) < began + seconds:
            writer.write(request)
            headers = await reader.readuntil(b"\r\n\r\n")
            status, _, rest = headers.partition(b"\r\n")
            length = int(rest.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            if b" 200 " in status:
                latencies.append(time.perf_counter() - start)
            else:
                refused += 1
        writer.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    return Load(len(latencies), refused, time.perf_counter() - began, latencies)
