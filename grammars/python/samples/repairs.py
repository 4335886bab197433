"""What repairs look at."""
from __future__ import annotations
# <- import
#    ^^^^^^^^^^ import.module
import os.path as p, sys
#      ^^^^^^^^^^^^ import.item
#                    ^^^ import.item
from a.b import c, d as e
#    ^^^ import.module
#               ^ import.item
#                  ^^^^^^ import.item


class Queue:
    # <- class
    limit: int = 3
#   ^^^^^ member

    def push(self, item, *rest):
        # <- method
        #   - parameters
        #          ---- kept
        return self.items
#                   ^^^^^ member
#                   ^^^^^ attribute

    @decorated
    def pull(self) -> Item:
#       ^^^^ member
#                     ^^^^ called
        return make(lambda x: x)
#              ^^^^ called
#                          ^ kept
