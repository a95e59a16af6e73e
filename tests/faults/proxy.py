"""A proxy of TCP that is as bad as networks are: late, uneven, lossy, half open, reset, cut short, dripping, buffering.

It sits before a server (`to`) and, where one is named, its push hub (`push`), joined behind one port as a front server
would; it passes bytes on, and does what its `Faults` say, to connections that stand as well as to new ones. They can be
changed at any moment from any thread, for the push alone, too. What loopback cannot have is imitated by its effect:
a lost packet is data that comes a retransmission later. With `certificate` it speaks TLS to those who come.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from random import Random

CHUNK = 16 * 1024
RETRANSMIT = (0.2, 1.0)  # seconds that a lost packet is late by
PAUSE = 0.02  # between two looks at what the faults are now
LINGER = struct.pack("ii", 1, 0)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong. Seconds each way; `loss` is the share of pieces that come later; counts are bytes of an answer.

    `deaf`: nothing goes from them to the server, `mute`: nothing comes back; both is a half-open connection. `refuse`:
    new connections are reset at once; `reset_after`, `cut_after`: so many bytes of an answer and then a reset, or an
    orderly end; `drip`: bytes a second of an answer; `hold`: answers are kept so many seconds and then come at once.
    `says`: in place of the server somebody else answers with these bytes.
    """

    latency: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    deaf: bool = False
    mute: bool = False
    refuse: bool = False
    reset_after: int | None = None
    cut_after: int | None = None
    drip: float | None = None
    hold: float = 0.0
    says: bytes | None = None


NONE = Faults()


@dataclass
class Proxy:
    """Listens on loopback until closed. `opened` counts the connections that came."""

    to: int
    push: int = 0
    seed: int = 1
    certificate: ssl.SSLContext | None = None
    listen: int = 0
    port: int = 0
    opened: int = 0
    faults: Faults = NONE
    of_push: Faults = NONE
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Every connection that stands is reset."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    async def _start(self) -> asyncio.Server:
        # The handshake is part of what comes: a TLS server that never answers is a fault as any other.
        return await asyncio.start_server(self._serve, "127.0.0.1", self.listen, ssl=self.certificate)

    async def _cut(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def _end(self) -> None:
        self._server.close()
        await self._cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self._open.add(writer)
        try:
            if self.faults.refuse:
                _reset(writer)
            elif self.faults.says is not None:
                await self._say(reader, writer, self.faults.says)
            else:
                await self._between((reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went: so does the other
        finally:
            self._open.discard(writer)
            with contextlib.suppress(OSError):
                writer.close()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: bytes) -> None:
        await reader.read(CHUNK)
        writer.write(text)
        await writer.drain()

    async def _between(self, near: Streams) -> None:
        first = await near[0].read(CHUNK)
        if not first:
            return
        pushed = bool(self.push) and first.startswith(b"GET /push")
        far = await asyncio.open_connection("127.0.0.1", self.push if pushed else self.to)
        self._open.add(far[1])
        ways = [
            asyncio.create_task(self._pass(near[0], far[1], pushed=pushed, answers=False, first=first)),
            asyncio.create_task(self._pass(far[0], near[1], pushed=pushed, answers=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for failed in await asyncio.gather(*ways, return_exceptions=True):
                if isinstance(failed, Exception) and not isinstance(failed, OSError):
                    raise failed
            self._open.discard(far[1])
            with contextlib.suppress(OSError):
                far[1].close()

    def _now(self, pushed: bool) -> Faults:
        return self.of_push if pushed else self.faults

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, pushed: bool, answers: bool,
        first: bytes = b"",
    ) -> None:  # fmt: skip
        passed, loop = 0, asyncio.get_running_loop()
        while data := first or await reader.read(CHUNK):
            first, came = b"", loop.time()
            it = self._now(pushed)
            while it.mute if answers else it.deaf:
                await asyncio.sleep(PAUSE)  # it is still there when the network is healed, as TCP would send it again
                it = self._now(pushed)
            await asyncio.sleep(max(0.0, came + self._late(it) - loop.time()))
            if answers and it.hold:
                data += await self._held(reader, it.hold)
            passed += len(data)
            if answers and it.reset_after is not None and passed > it.reset_after:
                writer.write(data[: max(0, len(data) - (passed - it.reset_after))])
                _reset(writer)
                return
            if answers and it.cut_after is not None and passed > it.cut_after:
                writer.write(data[: max(0, len(data) - (passed - it.cut_after))])
                return
            await self._write(writer, data, pushed=pushed, drip=it.drip if answers else None)

    def _late(self, it: Faults) -> float:
        late = it.latency + self._random.uniform(0, it.jitter)
        return late + (self._random.uniform(*RETRANSMIT) if self._random.random() < it.loss else 0.0)

    async def _held(self, reader: asyncio.StreamReader, seconds: float) -> bytes:
        """What comes meanwhile, kept to be sent at once."""
        kept, loop = b"", asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0:
            try:
                more = await asyncio.wait_for(reader.read(CHUNK), left)
            except TimeoutError:
                break
            if not more:
                break
            kept += more
        return kept

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, *, pushed: bool, drip: float | None) -> None:
        while drip is not None and data and self._now(pushed).drip is not None:
            writer.write(data[:1])
            await writer.drain()
            data = data[1:]
            await asyncio.sleep(1 / drip)
        writer.write(data)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection the hard way."""
    held = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    writer.transport.abort()
