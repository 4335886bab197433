"""What an index of symbols knows besides the outline."""
LIMIT = 3
# <- symbol


class Queue:
    size: int = 0
#   ^^^^^^^^^^^^^ symbol
#   ^^^^ symbol.name
    name = "q"
#   ^^^^ symbol.name

    def push(self):
        local = 1
        # ! symbol
        return local


from os.path import *
#    ^^^^^^^ import.module
#                   ^ import.item
