"""Runs one notebook through its kernel and says how it goes, for run.go.

The first line of standard input is a JSON object: notebook, output, kernel,
folder, log. Each further line "interrupt" stops the running cell as Jupyter's
stop button does; the end of input, which is the death of the program that
started this one, does so too. Standard output is a JSON object a line. What the
kernel itself prints goes to the log file.
"""

import asyncio
import html
import json
import os
import re
import sys
import threading
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

STATUS = re.compile(r'data-fieldbook-status="([^"]*)"|<pre>([^<]*)</pre>')
COMPILER = re.compile(r'gonb-cell-line-info">([^<]*)</span>.*?</span></span>([^<]*)<', re.DOTALL)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LINE = 200  # characters of a cell's output that are shown while it runs
TEXT = 20_000  # characters of a failed cell's output that are reported
QUIET = 0.1  # seconds between two reports of a running cell's output


def tell(kind, **values):
    sys.stdout.write(json.dumps({"kind": kind, **values}) + "\n")
    sys.stdout.flush()


def joined(value):
    return "".join(value) if isinstance(value, list) else value


class Client(NotebookClient):
    """NotebookClient that reports the last line a running cell has printed."""

    told = 0.0

    def process_message(self, msg, cell, cell_index):
        line = self.status(msg["msg_type"], msg["content"])
        now = time.monotonic()
        if line and now - self.told >= QUIET:
            self.told = now
            tell("line", text=line[:LINE])
        return super().process_message(msg, cell, cell_index)

    @staticmethod
    def status(kind, content):
        if kind == "stream":
            lines = re.split(r"[\r\n]+", content.get("text", "").strip())
            return lines[-1].strip()
        if kind in ("display_data", "update_display_data"):
            data = content.get("data", {})
            found = STATUS.search(joined(data.get("text/html", "")))
            if found:
                return html.unescape(found.group(1) or found.group(2) or "").strip()
        return ""


def what_failed(cell, error):
    """The text by which a failed cell explains itself: what the compiler says,
    which GoNB shows as HTML, or what the cell wrote to standard error."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stderr":
            parts.append(output.text)
        elif output.output_type == "display_data":
            for where, text in COMPILER.findall(output.data.get("text/html", "")):
                parts.append(html.unescape(f"{where}: {text}"))
    text = "\n".join(part.strip() for part in parts if part.strip())
    return COLOUR.sub("", text or str(error)).strip()[-TEXT:]


def merge_streams(cell):
    """Join neighbouring pieces of one stream: how they were cut is chance."""
    merged = []
    for output in cell.get("outputs", []):
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    cell["outputs"] = merged


def usage():
    """CPU seconds and peak MB of the kernel and all that it started."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0, 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6


class Runner:
    def __init__(self, settings):
        self.settings = settings
        self.book = nbformat.read(settings["notebook"], as_version=4)
        self.cells = [i for i, c in enumerate(self.book.cells) if c.cell_type == "code" and c.source.strip()]
        for cell in self.book.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
                cell.metadata.pop("execution", None)
        self.client = Client(
            self.book, kernel_name=settings["kernel"], timeout=None, record_timing=False,
            startup_timeout=120, iopub_timeout=10,
        )
        self.stopping = False

    def watch(self, loop):
        """Pass on what standard input says, on a thread of its own."""

        def read():
            for line in sys.stdin:
                if line.strip() == "interrupt":
                    loop.call_soon_threadsafe(self.interrupt)
            loop.call_soon_threadsafe(self.interrupt)

        threading.Thread(target=read, daemon=True).start()

    def interrupt(self):
        self.stopping = True
        if self.client.km is not None and self.client.km.has_kernel:
            self.pending = asyncio.ensure_future(self.client.km.interrupt_kernel())

    def save(self):
        path = self.settings["output"]
        nbformat.write(self.book, path)
        with open(path, "rb") as written:
            os.fsync(written.fileno())

    async def run(self):
        self.watch(asyncio.get_running_loop())
        tell("start", cells=len(self.cells))
        status = "ok"
        with open(self.settings["log"], "ab") as log:
            async with self.client.async_setup_kernel(cwd=self.settings["folder"], stdout=log, stderr=log):
                info = await self.client.async_wait_for_reply(self.client.kc.kernel_info())
                self.book.metadata["language_info"] = info["content"]["language_info"]
                tell("ready")
                for number, index in enumerate(self.cells, 1):
                    status = "interrupted" if self.stopping else await self.run_cell(number, index)
                    if status != "ok":
                        break
                self.save()
        cpu, peak = usage()
        tell("end", status=status, cpu_seconds=cpu, peak_mb=peak)

    async def run_cell(self, number, index):
        tell("cell", number=number)
        start, cell, error = time.monotonic(), self.book.cells[index], None
        try:
            await self.client.async_execute_cell(cell, index)
        except (CellExecutionError, DeadKernelError) as e:
            error = e
        merge_streams(cell)
        tell("done", number=number, seconds=time.monotonic() - start)
        if self.stopping:
            return "interrupted"
        if error is None:
            return "ok"
        tell("failed", number=number, text=what_failed(cell, error))
        if isinstance(error, DeadKernelError):
            self.save()
        return "failed"


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    asyncio.run(Runner(json.loads(sys.stdin.readline())).run())
