#!/usr/bin/env python3
"""Record a moving picture: a real Neovim (of the README) or a real Helix (of its page), the real server, real time. Nothing but Python
and tmux is needed.

  scripts/picture.py --nvim NVIM --treefill BINARY --out ghost-text.svg [--frames DIR]
  scripts/picture.py --hx HELIX --treefill BINARY --out preview.svg [--frames DIR]

A script types into the editor in tmux. Meanwhile the screen is read many times a second; each change is a frame, with its own
time. The frames become one animated SVG: a film strip that CSS moves behind a window. `--frames` also writes each frame as
an SVG of its own, to look at. Exit code 1 if something that should appear does not.
"""
import argparse, contextlib, html, os, pathlib, re, shutil, subprocess, sys, tempfile, threading, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 74, 19
# Helix shows the whole text beside its menu.
HELIX_COLUMNS, HELIX_ROWS = 92, 20
# Pixels of a character cell.
WIDTH, HEIGHT, FONT = 9.6, 20, 16
MARGIN, BAR = 14, 34
BACKGROUND, FOREGROUND, FRAME, CURSOR = "#14161b", "#e0e2ea", "#2c2e33", "#a6dbff"
# Longest wait for something to appear, seconds.
PATIENCE = 30

# What a user would have in init.lua, and what keeps the screen free of everything else.
INIT = """
vim.opt.runtimepath:prepend({plugin!r})
vim.o.swapfile, vim.o.shadafile, vim.o.termguicolors, vim.o.background = false, 'NONE', true, 'dark'
vim.o.showmode, vim.o.showcmd, vim.o.ruler, vim.o.laststatus, vim.o.shortmess = false, false, false, 0, 'aAIcFWoOstT'
vim.o.fillchars = 'eob: '
vim.api.nvim_set_hl(0, 'ComplHint', {{ fg = '#7c818c', italic = true }})
require('treefill').setup({{ program = {treefill!r} }})
"""

# What keeps Helix's screen quiet, and the brackets as they are typed.
HELIX = """
theme = "base16_transparent"
[editor]
auto-pairs = false
auto-completion = false
true-color = true
"""
# Time to spare, as the tests have it: a busy machine must not change what is suggested.
SETTINGS = """
[model]
max_prefill_ms = 20000
[completion]
deadline_ms = 30000
eagerness = "high"
"""

FIND = '''class Shelf:
    def __init__(self, items):
        self.items = items

    def find(self, name):
        """The item of this name."""
        for item in self.items:
        return None
'''

PYTHON = '''class Shelf:
    def __init__(self, label, limit=5):
        self.label = label
        self.limit = limit
        self.items = {}

    def add(self, item):

'''

RUST = '''use std::collections::HashMap;

pub struct Tally {
    counts: HashMap<String, usize>,
    total: usize,
}

impl Tally {
    pub fn new() -> Self {

    }

    pub fn add(&mut self, word: String) {

    }
}
'''


def complete(rows):
    """The rows, each with the style in which the one before has ended: tmux tells only what changes."""
    style = ""
    for row in rows:
        yield style + row
        for code in re.findall(r"\x1b\[[0-9;:]*m", row):
            style = code if code in ("\x1b[0m", "\x1b[m") else style + code


class Terminal:
    """tmux with one window, on a socket of its own."""

    def __init__(self, folder):
        self.socket = folder / "tmux"

    def tmux(self, *arguments):
        command = ["tmux", "-u", "-f", "/dev/null", "-S", str(self.socket), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def start(self, folder, *command):
        self.tmux("new-session", "-d", "-s", "picture", "-x", str(COLUMNS), "-y", str(ROWS), "-c", str(folder), *command)
        self.tmux("set", "-g", "escape-time", "0")
        self.tmux("set", "-g", "status", "off")
        self.tmux("resize-window", "-t", "picture", "-x", str(COLUMNS), "-y", str(ROWS))

    def screen(self):
        """The rows with their colours, and where the cursor is: one call, so that they belong together."""
        text = self.tmux(
            "capture-pane", "-e", "-p", "-t", "picture", ";", "display-message", "-p", "-t", "picture", "#{cursor_x} #{cursor_y}"
        )
        *rows, cursor = text.rstrip("\n").split("\n")
        rows = (rows + [""] * ROWS)[:ROWS]
        x, _, y = cursor.partition(" ")
        return tuple(complete(rows)), (int(x), int(y))

    def plain(self):
        return self.tmux("capture-pane", "-p", "-t", "picture")

    def send(self, *keys):
        self.tmux("send-keys", "-t", "picture", *keys)


class Recorder(threading.Thread):
    """Reads the screen again and again, and keeps what changes."""

    def __init__(self, terminal):
        super().__init__(daemon=True)
        self.terminal, self.frames = terminal, []
        self.caption, self.rolling, self.over = "", False, False

    def run(self):
        last = None
        while not self.over:
            if self.rolling:
                with contextlib.suppress(ValueError):
                    seen = (*self.terminal.screen(), self.caption)
                    if seen != last and self.rolling:
                        self.frames.append((time.monotonic(), seen))
                        last = seen
            time.sleep(0.02)


class Script:
    """The hands of the user."""

    def __init__(self, terminal, recorder):
        self.terminal, self.recorder = terminal, recorder

    def wait(self, what, condition):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.03)
        sys.exit(f"picture: {what} did not appear. The screen:\n{self.terminal.plain()}")

    def sees(self, text):
        self.wait(repr(text), lambda: text in self.terminal.plain())

    def ghost(self, pause=0.8):
        """Wait for grey text right of the cursor, and leave time to read it."""

        def shown():
            rows, (x, y) = self.terminal.screen()
            return plain(rows[y])[x:].strip(" )]}\"'") != ""

        self.wait("a suggestion", shown)
        time.sleep(pause)

    def type(self, text, delay=0.025):
        for letter in text:
            if letter == "\n":
                self.key("Enter", 0.2)
            else:
                # tmux takes a bare semicolon for the end of its command.
                self.terminal.send("-l", letter.replace(";", "\\;"))
                time.sleep(delay)

    def key(self, name, pause=0.35):
        self.terminal.send(name)
        time.sleep(pause)

    def take(self, pause=0.5):
        self.ghost()
        self.key("Tab", pause)

    def command(self, text):
        """A command that nobody has to see: the recorder stands still."""
        self.terminal.send("Escape")
        self.terminal.send("-l", text + "\n")
        time.sleep(0.3)

    def open(self, file, line, key="A"):
        """Go to the end of a line of a file, in insert mode. The key S indents an empty line first."""
        rolling, self.recorder.rolling = self.recorder.rolling, False
        middle = "| execute 'normal! zz'" if line > 12 else ""
        self.command(f":silent buffer {file} | call cursor({line}, 1) {middle} | echo")
        self.terminal.send(key)
        time.sleep(0.1)
        self.recorder.rolling = rolling

    def choose(self, title):
        """Open the menu of code actions and take the first entry, which should be this one."""
        self.terminal.send("-l", "gra")
        self.sees("1: " + title)
        time.sleep(1.1)
        self.terminal.send("-l", "1\n")
        time.sleep(0.3)

    def scene(self, caption):
        self.recorder.caption = caption
        self.recorder.rolling = True

    def cut(self, pause=0.3):
        time.sleep(pause)
        self.recorder.rolling = False
        time.sleep(0.1)
        # The pause between two scenes is not in the film: the next frame follows at once.
        self.recorder.frames.append((time.monotonic(), None))


def play(script):
    script.sees("class Shelf")
    ready = "vim.wait(20000, function() return require('treefill').status() == 'ready' end, 50)"
    script.command(f":lua print({ready} and 'the model' .. ' is there')")
    script.sees("the model is there")
    script.open("shelf.py", 8, "S")
    script.scene("Type, and the rest appears in grey. Tab takes it")
    script.type("self.items[item.name] = ")
    script.take()
    script.type("\n\n")
    script.key("BSpace", 0.2)
    script.type("def __len__(self):\n")
    script.take()
    script.cut()

    script.open("tally.rs", 10, "S")
    script.scene("Several lines at once, and each one parses")
    script.take(0.8)
    script.open("tally.rs", 17, "S")
    script.type("self.total += ")
    script.take()
    script.cut()

    script.open("tally.rs", 17)
    script.scene("A quick fix for a syntax error, tried before it is offered")
    script.type('\nprintln!("{}", self.total;')
    script.key("Escape", 0.3)
    script.choose("Close the call")
    time.sleep(0.7)
    script.cut()

    script.open("shelf.py", 11)
    script.scene("A docstring becomes a function")
    script.type("\n\n")
    script.type('def get(self, name):\n"""The item of this name."""')
    script.key("Escape", 0.3)
    script.choose("Draft `get`")
    script.wait("the body", lambda: script.terminal.plain().split("of this name.")[1].strip('"\n ') != "")
    script.cut(2.2)


def play_helix(script):
    script.sees("class Shelf")

    def command(name):
        script.terminal.send("-l", f":lsp-workspace-command treefill.{name}")
        script.key("Enter", 0)

    def ready():
        command("status")
        time.sleep(0.5)
        return "Suggestions are ready" in script.terminal.plain()

    script.wait("the model", ready)
    script.terminal.send("-l", "7gg")
    script.key("Escape", 0.3)
    script.scene("C-x asks, C-n shows it in the text, Enter takes it")
    time.sleep(0.8)
    script.key("o", 0.6)
    script.key("C-x", 0)
    script.wait("the menu", lambda: re.search(r"\S +text\b", script.terminal.plain()))
    time.sleep(0.9)
    script.key("C-n", 2.5)
    script.key("Enter", 0.8)
    script.key("Escape", 0)
    script.sees(" NOR ")
    script.cut(0.6)

    script.scene("space a fixes a syntax error")
    script.terminal.send("-l", "geo")
    script.sees(" INS ")
    script.key("Enter", 0.2)
    # To the beginning of the line.
    script.key("C-u", 0.2)
    script.type('print(Shelf([]).find("atlas")')
    script.key("Escape", 0)
    script.sees(" NOR ")
    time.sleep(0.4)
    script.key("Space", 0.2)
    script.key("a", 0)
    script.sees("nsert `)`")
    time.sleep(1.3)
    script.key("Enter", 0)
    script.sees('find("atlas"))')
    script.cut(1.2)

    script.scene("Not now: it says what is off, where, and until when")
    for letter in ":lsp-workspace-command treefill.pause":
        script.terminal.send("-l", letter)
        time.sleep(0.02)
    time.sleep(0.5)
    script.key("Enter", 0)
    script.sees("treefill: Suggestions are paused")
    script.cut(2.2)


def plain(row):
    return re.sub(r"\x1b\[[0-9;]*m", "", row)


def palette(number):
    """The colour of a number from 0 to 255, as xterm has it."""
    if number < 16:
        names = "07080d ffc0b9 b3f6c0 fce094 a6dbff ffcaff 8cf8f7 eef1f8 4f5258 ffc0b9 b3f6c0 fce094 a6dbff ffcaff 8cf8f7 eef1f8"
        return "#" + names.split()[number]
    if number < 232:
        steps = (0, 95, 135, 175, 215, 255)
        number -= 16
        return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])
    return "#%02x%02x%02x" % ((8 + 10 * (number - 232),) * 3)


def styled(row):
    """The runs of a row: (column, text, style), with a style of colours and bold, italic, underline, reverse."""
    style, runs, column, at = {}, [], 0, 0
    for match in [*re.finditer(r"\x1b\[([0-9;:]*)m", row), None]:
        text = row[at : match.start() if match else len(row)]
        if text:
            runs.append((column, text, dict(style)))
            column += len(text)
        if match is None:
            return runs
        at = match.end()
        codes = [int(code or 0) for code in match.group(1).replace(":", ";").split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                style = {}
            elif code in (1, 3, 4, 7):
                style[{1: "bold", 3: "italic", 4: "underline", 7: "reverse"}[code]] = True
            elif code in (22, 23, 24, 27):
                style.pop({22: "bold", 23: "italic", 24: "underline", 27: "reverse"}[code], None)
            elif code in (38, 48):
                key = "fg" if code == 38 else "bg"
                if codes[0] == 2:
                    style[key] = "#%02x%02x%02x" % tuple(codes[1:4])
                    codes = codes[4:]
                else:
                    style[key] = palette(codes[1])
                    codes = codes[2:]
            elif code in (39, 49):
                style.pop("fg" if code == 39 else "bg", None)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                style["fg"] = palette(code - 30 if code < 90 else code - 82)
            elif 40 <= code <= 47 or 100 <= code <= 107:
                style["bg"] = palette(code - 40 if code < 100 else code - 92)


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


def drawn(row):
    """A row as SVG, its baseline at the font's."""
    parts = []
    for column, text, style in styled(row):
        foreground, background = style.get("fg", FOREGROUND), style.get("bg", BACKGROUND)
        if style.get("reverse"):
            foreground, background = background, foreground
        x = number(column * WIDTH)
        if background != BACKGROUND:
            parts.append(f'<rect x="{x}" y="0" width="{number(len(text) * WIDTH)}" height="{HEIGHT}" fill="{background}"/>')
        lead = len(text) - len(text.lstrip())
        shown = text.strip()
        if not shown:
            continue
        attributes = f' fill="{foreground}"' if foreground != FOREGROUND else ""
        attributes += ' font-weight="bold"' if style.get("bold") else ""
        attributes += ' font-style="italic"' if style.get("italic") else ""
        attributes += ' text-decoration="underline"' if style.get("underline") else ""
        # The width is given, so that any fixed-width font of the reader's fits.
        parts.append(
            f'<text x="{number((column + lead) * WIDTH)}" y="15" textLength="{number(len(shown) * WIDTH)}"{attributes}>'
            f"{html.escape(shown, quote=False)}</text>"
        )
    return "".join(parts)


def picture(frames, seconds):
    """One SVG of [(start in seconds, (rows, cursor, caption))]."""
    width, height = COLUMNS * WIDTH + 2 * MARGIN, ROWS * HEIGHT + BAR + MARGIN
    symbols, strip, keys = {}, [], []

    def use(body, x, y):
        if not body:
            return ""
        name = symbols.setdefault(body, f"s{len(symbols)}")
        return f'<use href="#{name}" x="{number(x)}" y="{number(y)}"/>'

    for index, (start, (rows, (x, y), caption)) in enumerate(frames):
        top = index * height
        title = f'<text x="{number(width / 2)}" y="22" text-anchor="middle" class="c">{html.escape(caption, quote=False)}</text>'
        body = use(title, 0, top)
        body += "".join(use(drawn(row), MARGIN, top + BAR + line * HEIGHT) for line, row in enumerate(rows))
        left, above = MARGIN + x * WIDTH, top + BAR + y * HEIGHT
        body += f'<rect x="{number(left)}" y="{number(above)}" width="2" height="{HEIGHT}" fill="{CURSOR}"/>'
        strip.append(body)
        keys.append(f"{100 * start / seconds:.3f}%{{transform:translateY(-{number(top)}px)}}")
    definitions = "".join(f'<g id="{name}">{body}</g>' for body, name in symbols.items())
    last = number((len(frames) - 1) * height)
    dots = "".join(
        f'<circle cx="{18 + 18 * place}" cy="17" r="5.5" fill="{colour}"/>'
        for place, colour in enumerate(("#ffc0b9", "#fce094", "#b3f6c0"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" '
        f'height="{number(height)}" fill="{FOREGROUND}">\n<style>\n'
        f"text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "white-space:pre}\n"
        ".c{font:15px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#c4c6cd}\n"
        f"#film{{animation:film {seconds:.2f}s step-end infinite}}\n"
        f"@keyframes film{{{''.join(keys)}}}\n"
        # Whoever wants no motion sees the last frame.
        f"@media (prefers-reduced-motion:reduce){{#film{{animation:none;transform:translateY(-{last}px)}}}}\n"
        f'</style>\n<defs>{definitions}</defs>\n'
        f'<rect width="{number(width)}" height="{number(height)}" rx="10" fill="{BACKGROUND}"/>\n'
        f'<path d="M0 {BAR - 6}V10A10 10 0 0 1 10 0H{number(width - 10)}A10 10 0 0 1 {number(width)} 10V{BAR - 6}Z" '
        f'fill="{FRAME}"/>\n{dots}\n<svg width="{number(width)}" height="{number(height)}"><g id="film">\n'
        + "\n".join(strip)
        + "\n</g></svg>\n</svg>\n"
    )


def timed(frames):
    """Frames with their start in seconds, cuts taken out; and how long the film is."""
    film, now, before = [], 0.0, None
    for at, seen in frames:
        if before is not None:
            now += at - before
        before = None if seen is None else at
        if seen is not None:
            film.append((now, seen))
    return film, now


def neovim(folder, options):
    """Its command in the folder, once everything that it needs is there."""
    plugin, treefill = str(ROOT / "editors/neovim"), str(pathlib.Path(options.treefill).resolve())
    (folder / "init.lua").write_text(INIT.format(plugin=plugin, treefill=treefill))
    (folder / "shelf.py").write_text(PYTHON)
    (folder / "tally.rs").write_text(RUST)
    return [os.path.abspath(options.nvim), "--clean", "-u", "init.lua", "shelf.py", "tally.rs"]


def helix(folder, options):
    """The same for Helix, whose only server is treefill."""
    global COLUMNS, ROWS
    COLUMNS, ROWS = HELIX_COLUMNS, HELIX_ROWS
    (folder / "config/helix").mkdir(parents=True)
    (folder / "config/helix/config.toml").write_text(HELIX)
    (folder / "find.py").write_text(FIND)
    shutil.copy(ROOT / "editors/helix/languages.toml", folder / "config/helix")
    (folder / "bin").mkdir()
    (folder / "bin/treefill").symlink_to(pathlib.Path(options.treefill).resolve())
    return [f"PATH={folder / 'bin'}", "TERM=xterm-256color", "COLORTERM=truecolor", os.path.abspath(options.hx), "find.py"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    editor = parser.add_mutually_exclusive_group(required=True)
    editor.add_argument("--nvim")
    editor.add_argument("--hx")
    parser.add_argument("--treefill", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--frames", type=pathlib.Path)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="treefill-picture."))
    # No configuration, state or engine of the person who runs this.
    for name, value in (("CONFIG", "config"), ("STATE", "state"), ("DATA", "data")):
        os.environ[f"XDG_{name}_HOME"] = str(folder / value)
    os.environ["TREEFILL_RUNTIME_DIR"] = str(folder / "run")
    terminal = Terminal(folder)
    recorder = Recorder(terminal)
    try:
        (folder / "config/treefill").mkdir(parents=True)
        (folder / "config/treefill/config.toml").write_text(SETTINGS)
        command = helix(folder, options) if options.hx else neovim(folder, options)
        terminal.start(folder, "env", "LC_ALL=C.UTF-8", *command)
        recorder.start()
        (play_helix if options.hx else play)(Script(terminal, recorder))
        recorder.over = True
        recorder.join()
    finally:
        terminal.tmux("kill-server")
        subprocess.run([options.treefill, "engine", "stop"], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    film, seconds = timed(recorder.frames)
    options.out.write_text(picture(film, seconds))
    if options.frames:
        options.frames.mkdir(parents=True, exist_ok=True)
        for index, (start, seen) in enumerate(film):
            (options.frames / f"{index:03}-{start:06.2f}.svg").write_text(picture([(0, seen)], 1))
    size = options.out.stat().st_size
    print(f"picture: {options.out}: {len(film)} frames, {seconds:.1f} s, {size / 1000:.0f} kB")


main()
