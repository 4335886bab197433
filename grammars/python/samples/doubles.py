"""What may stand only once, and what says the same on both sides."""
from a import b, c
#             ^ key
# - list


def f(d, e: int, g=1, h: int = 2):
    # ^ key
    #    ^ key
    #            ^ key
    #                 ^ key
    i = {"j": 1, **d}
    #    ^^^ key
    k = {e, g}
    #    ^ key
    i = f(d=1, e=h)
    #     ^ key
    d = d
    # <- same
    if e == e and g < h:
        return k or k
        #      ^^^^^^ same
    elif g != g:
        i = 1 if g else 1
        #   ^^^^^^^^^^^^^ same
    if h:
        return i
    else:
        return i
    try:
        pass
    except ValueError:
        #  ^^^^^^^^^^ key
        pass
    match i:
        case 1:
            pass

    def inner(): ...

    class Inner: ...



class C:
    l: int
    # <- key
    m = 1
    # ! key

    @property
    def n(self): ...
    #   - !key
