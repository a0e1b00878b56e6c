"""What a command says when it cannot go on: one line for a person, and an exit code."""


class Failure(Exception):
    """Ends the command with one line on standard error and no traceback.

    ``code`` is the exit code: 1 the state of the world, 2 a wrong setting or argument.
    """

    code = 1

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
