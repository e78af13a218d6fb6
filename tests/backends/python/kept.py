"""A conversation that is kept: one client of the SDK, and with it one process of the CLI, for all of its messages."""

import asyncio
import contextlib
import signal


class Conversation:
    """Whatever its client does but interrupt, it does in one task: not every SDK can be closed in another."""

    def __init__(self, client, in_turn, take, grace, by_signal):
        """Its children and notes are found by `in_turn`; `take` gets each message of the CLI. `by_signal`: one SDK sends
        SIGTERM as soon as it has closed stdin, and chance says what the CLI sees first; so it gets the signal before."""
        self.client = client
        self.grace = grace
        self.by_signal = by_signal
        self.in_turn = in_turn
        self.take = take
        self.id = "kept"
        self.children = []
        self.turn = None
        self.ending = False
        self.asked = asyncio.Queue()
        self.task = asyncio.create_task(self.live())

    def lives(self):
        return not self.ending and all(child.returncode is None for child in self.children)

    def note(self, text):
        if self.turn:
            self.turn.note(text)

    async def ask(self, turn, prompt):
        over = asyncio.get_running_loop().create_future()
        await self.asked.put((turn, prompt, over))
        await over

    async def live(self):
        self.in_turn.set(self)
        connected, over, error = False, None, RuntimeError("The conversation was ended")
        try:
            while not self.ending and (next := await self.asked.get()):
                self.turn, prompt, over = next
                if over.cancelled():
                    continue
                if not connected:
                    await self.client.connect()
                    connected = True
                await self.client.query(prompt)
                whole = False
                async for message in self.client.receive_response():
                    whole = type(message).__name__ == "ResultMessage"
                    await self.take(self, message)
                self.turn = None
                over.set_result(None)
                if not whole:
                    break  # The CLI has ended without a word.
        except (Exception, asyncio.CancelledError) as failed:
            error = failed
        self.end()
        try:
            if self.by_signal:
                end_children(self.children, signal.SIGTERM)
                await asyncio.gather(*(child.wait() for child in self.children))
            await self.client.disconnect()
        finally:
            self.turn = None
            waiting = [over] if over else []
            while not self.asked.empty():
                if next := self.asked.get_nowait():
                    waiting.append(next[-1])
            for over in waiting:
                if not over.done():
                    over.set_exception(error)

    async def interrupt(self):
        """The SDK asks the CLI to stop; one that goes on is ended."""
        turn = self.turn
        asking = asyncio.create_task(self.client.interrupt())
        await asyncio.wait([turn.task], timeout=self.grace)
        if not turn.task.done():
            self.end()
        asking.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await asking

    def end(self):
        """In order: the SDK closes what it has opened. A CLI in the middle of an answer would not notice."""
        if not self.ending:
            self.ending = True
            self.asked.put_nowait(None)
            asyncio.get_running_loop().call_later(self.grace, end_children, self.children, signal.SIGKILL)
        if self.turn:
            end_children(self.children, signal.SIGTERM)


def end_children(children, with_signal):
    for child in children:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(with_signal)
