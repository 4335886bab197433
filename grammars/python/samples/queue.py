"""A job queue with retries."""
from __future__ import annotations
# <- import

import pickle
# <- import
from collections import deque as Deque
# <- import

type Job = tuple[str, bytes]
#    ^^^ item.name

# The longest wait, in seconds.
# <- comment
LIMIT = 30
# ! scope
# ! comment


class Queue:
# <- scope
# <- item
#     ^^^^^ scope.name
#     ^^^^^ item.name
    """First in, first out."""
    # - doc
    # - string
    # <- scope.body
    # <- item.body

    def __init__(self, jobs: list[Job] = []) -> None:
    # <- scope
    # <- item
    #   ^^^^^^^^ scope.name
        self.jobs = Deque(jobs)
        # - scope.body
        self.key = lambda job: job[0]
        #          ^^^^^^^^^^^^^^^^^^ scope.block
        #                      ^^^^^^ scope.body

    @property
    # ! scope.name
    def size(self) -> int:
        """How many wait."""
        # - doc
        # - doc.item
        return len(self.jobs)

    async def drain(self, handler, *, wait=LIMIT):
    # <- scope
    #         ^^^^^ scope.name
        while self.jobs:
        #     ^^^^^^^^^ condition
        # <- scope.block
            name, data = self.jobs.popleft()
            # <- scope.body
            try:
            # <- scope.block
                await handler(pickle.loads(data), wait=min(wait, 5))
                #                         ^^^^^^ arguments
                #             ^^^^^^^^^^^^^^^^^^ risk
            except ValueError as error:
            # <- scope.block
                print(f"job {name!r} failed after {wait:>{8}.2f}s: {error}")
                #     ^ string
                #            ------ code
                #                    ------ !code
                #                                                  ------- code
            else:
            # <- scope.block
                continue
            finally:
            # <- scope.block
                self.jobs = [job for job in self.jobs if job]
                # - scope.body


def report(queue):
# <- item
    # One line for each job.  "not a string"
    #                           --- comment
    #                           --- !string
    with open('log', 'w') as log:
    # <- scope.block
    #         ----- string
        for number, job in enumerate(queue.jobs):
        # <- scope.block
            match job:
            # <- scope.block
                case [name, _] if number:
                # <- scope.block
                    log.write(name)
                    # <- scope.body
                case _:
                    pass
    if queue.size > LIMIT:
    # <- scope.block
        import subprocess
        # <- import
        subprocess.run("true", shell=True)
        # <- risk
    elif not queue:
    # <- scope.block
        eval("1")
        # <- risk
    else:
    # <- scope.block
        import os, yaml, requests
        os.system("sync")
        # <- risk
        yaml.safe_load("a: 1")
        # ! risk
        requests.get("https://example.org", verify=False)
        # <- risk
