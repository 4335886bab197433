"""Where names come from, and what is no use of one."""
from __future__ import annotations
#                      ^^^^^^^^^^^ define.import

import os.path
#      ^^ define.import
#         ---- !define.import
# - skip.in
import json as js
#              ^^ define.import
#      ---- !define.import
from typing import *
#                  ^ everything
from collections import deque, abc as kinds
# - skip.in
#                       ^^^^^ define.import
#                                     ^^^^^ define.import

type Pairs[T] = list[tuple[T, T]]
#    ^^^^^^^^ define.in
first, [second, *others] = 1, [2, 3]
# <- define
#       ^^^^^^ define
#                ^^^^^^ define
total: int = sum(others, start=0)
# <- define
#                        ^^^^^ skip
#            --- !skip


def outer[K](plain, typed: int, default=1, both: int = 2, *rest, **named) -> js.JSONEncoder:
# <- scope
#   ^^^^^ define.outer
#        ^^^ define.in
#            ^^^^^ define
#                   ^^^^^ define
#                               ^^^^^^^ define
#                                          ^^^^ define
#                                                          ^^^^ define
#                                                                  ^^^^^ define
#                                                                               ^^^^^^^^^^^ skip
    global total, LOST
    # <- wall
    #      ^^^^^ define.root
    total = plain.field
    #             ^^^^^ skip
    counter = 0

    def inner():
        nonlocal counter
        #        ^^^^^^^ define
        counter += 1

    with open(typed) as file, open(default) as (left, right):
    #                   ^^^^ define.in
    #                                          ^^^^^^^^^^^^^ define.in
        print(file, left, right)
    try:
        inner()
    except OSError as error:
    #                 ^^^^^ define.in
        print(error)
    for (index, item) in enumerate(rest):
    #    ^^^^^ define
        print(index, item)
    for key in named:
    #   ^^^ define
        print(key)
    if any((found := value) for value in rest):
    #       ^^^^^ define.far
    #      - scope.inline
    #                           ^^^^^ define
        print(found)
    return [x for x in rest], {x for x in rest}, {x: 1 for x in rest}, lambda y, *z: y + len(z)
    #      ^^^^^^^^^^^^^^^^^ scope.inline
    #                         ^^^^^^^^^^^^^^^^^ scope.inline
    #                                            ^^^^^^^^^^^^^^^^^^^^ scope.inline
    #                                                                  ^^^^^^^^^^^^^^^^^^^^^^^^ scope
    #                                                                         ^ define
    #                                                                                ^^^^^^^^^^ wall


class Point[N]:
# <- scope
# <- owner
#     ^^^^^ define.outer
#          ^^^ define.in
    size = 2
    # <- scope.members
    # <- define
    where: os.path.PathLike[str] | None = globals().get("where")
    #                                     ^^^^^^^ everything

    def shape(self, of):
        self.of = self.size
        #    ^^ own.define
        #              ^^^^ own
        match of:
            case Point(size=1) | Other.kind:
            #    ----- skip
            #          ^^^^ skip
            #                    ----- skip
                return 1
            case Point(size=width) as whole:
            #               ^^^^^ define
            #                         ^^^^^ define
                return width, whole
            case [head, *tail]:
            #     ^^^^ define
            #            ^^^^ define
                return head, tail
            case {kinds.KEY: known, **more}:
            #     ----- skip
            #                ^^^^^ define
                return known, more
