#!/usr/bin/env python3
"""Run a command under strace, and fail when `treefill serve` or `treefill engine` opens a network socket in it.

  scripts/inet.py COMMAND [ARGUMENT …]

Other programs of the run (tests, the peers of `treefill eval`) may open what they like: sockets are counted for the program that each
process runs. Linux, with strace. The command must be able to run under a tracer: its standard streams are kept.
"""
import os
import re
import subprocess
import sys
import tempfile

SERVERS = ("serve", "engine", "--stdio")
CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.*= (\d+)")
STARTED = re.compile(r"= (\d+)$")


def servers_sockets(lines):
    """(processes of serve and engine, their INET sockets, their other sockets) of a trace."""
    serves, seen, inet, other = {}, 0, [], 0
    for line in lines:
        # A new thread or process is what its parent is, until it runs another program.
        if resumed := RESUMED.match(line):
            if resumed[2] in ("clone", "clone3", "fork", "vfork"):
                serves[resumed[3]] = serves.get(resumed[1], False)
            continue
        if not (call := CALL.match(line)):
            continue
        process, name, rest = call.groups()
        if name in ("clone", "clone3", "fork", "vfork") and (started := STARTED.search(rest)):
            serves.setdefault(started[1], serves.get(process, False))
        elif name == "execve":
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', rest)
            serves[process] = len(words) > 2 and os.path.basename(words[0]).startswith("treefill") and any(word in SERVERS for word in words[2:])
            seen += serves[process]
        elif name == "socket" and serves.get(process):
            if "AF_INET" in rest:
                inet.append(line.strip())
            else:
                other += 1
    return seen, inet, other


def main():
    command = sys.argv[1:]
    if not command or command[0] in ("-h", "--help"):
        sys.exit(__doc__.strip())
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=execve,clone,clone3,fork,vfork,socket", "-s", "200", "-o", trace]
        try:
            # Tests leave engines that go by themselves; strace would wait for them.
            code = subprocess.run([*strace, *command]).returncode
        except FileNotFoundError:
            sys.exit("inet: strace is missing; install it (apt-get install strace)")
        with open(trace, errors="replace") as lines:
            seen, inet, other = servers_sockets(lines)
    print(f"row 17: {' '.join(os.path.basename(word) for word in command[:1])}: {seen} starts of serve and engine, {len(inet)} INET sockets, {other} others")
    for line in inet:
        print(line)
    if code != 0:
        sys.exit(f"inet: the command ended with code {code}")
    if not seen:
        sys.exit("inet: no serve was seen: the trace proves nothing")
    sys.exit(1 if inet else 0)


if __name__ == "__main__":
    main()
