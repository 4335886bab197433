"""Functions that are still to be written, and some that are not."""
from typing import Protocol, overload


def documented(first, second=1, *rest, third: int, fourth: Stub = None, **more) -> int:
    #          ^^^^^ stub.parameter
    #                 ^^^^^^ stub.parameter
    #                            ^^^^ stub.parameter
    #                                  ^^^^^ stub.parameter
    #                                                      ^^^^ stub.type
    #                                                                     ^^^^ stub.parameter
    #                                                                              ^^^ stub.returns
    """Adds them up."""
    # - stub


class Stub(Protocol):
    def name(self) -> str: ...
    #   ^^^^ stub.name
    #        ---- !stub.parameter
    #                 ^^^ stub.type
    #                      ^^^ stub.hole

    def passed(self, *args: int, **kwargs: str) -> None:
        #             ^^^^ stub.parameter
        #                          ^^^^^^ stub.parameter
        #                                          ---- !stub.returns
        """Does nothing yet."""
        # <- stub.doc
        pass
        # <- stub.hole

    @property
    # <- stub.lead
    def raised(self):
        raise NotImplementedError("later")
        # <- stub.hole

    @overload
    def twice(self, x: int) -> Stub: ...
    #                          ^^^^ stub.type
    # <- stub.not

    def written(self, x):
        """Is written."""
        if x:
            yield x
            # <- stub.answer
        return x
        # <- stub.answer

    def raises(self):
        # ! stub
        raise ValueError
        # <- stub.end
