"""What bodies say of their signatures."""
import sys
from functools import cached_property


class Own:
    # ^^^ class
    @property
    def size(self) -> int:
        # ^^^^ !accessor
        return self.size
        #           ^^^^ member

    def first(self, a: str, b: int = 1) -> str:
        #           ^ parameter
        #              ^^^ parameter.type
        #                   ^ parameter
        #                                  ^^^ returns
        return self.first(a, b=b)
        #           ^^^^^ recall
        #                ^^^^^^^^ recall.arguments


def values(a: str, b):
    c = ["x", b"x", 1, 1.5, True, None, [], {}, {1}, (1,), (x for x in b), not b]
    #    ^^^ value
    #         ^^^^ value
    #                             ^^^^ value
    #                                   ^^ value
    #                                                      ^^^^^^^^^^^^^^ value
    d = [a in b, str(b), len(b), any(b), sorted(b), dict(b), set(b), tuple(b), float(b), print(b)]
    #    ^^^^^^ value
    #            ^^^^^^ value
    #                                                                                    ^^^^^^^^ value
    e, f = c + d, (a)
    #      ^^^^^ operation
    #             ^^^ group
    #              ^ group.inner
    b = f
    # <- overwrite
    for g in b:
    #   ^ retyped
        g += 1
    for a in a.split():
        #    ^^^^^^^^^ member.call
        #      ^^^^^ member.called
        pass
    if isinstance(a, str) and (h := b):
        #         ^ retyped
        #                      ^ retyped
        return lambda i: [j for j in i] or h
        #      - function
        #                       ^ retyped
    return a, e
    #      ^^^^ answer


def ways(a, b) -> int:
    if a:
        with a as c:
            #     ^ retyped
            return b if c else 1
            #      ^^^^^^^^^^^^^ fork
            #      ^ arm
    elif b:
        return
        # <- answer.nothing
    else:
        while True:
            # <- leaves
            sys.exit(a)
            # <- leaves
    try:
        yield a
        # <- generator
    except OSError:
        pass
    try:
        pass
    finally:
        pass
    match a:
        # <- leaves
        case 1:
            return values(a, b)
            #      ^^^^^^ recall
