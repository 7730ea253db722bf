"""References for URLs and letters: random, never a sequence, no vowels so no words, no look-alikes."""

import secrets

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"  # 27 letters


def new_reference(prefix: str, length: int = 8) -> str:
    """A reference such as VC-7K2M9QWD. 27^8 is 2.8e11: the unique constraint catches the rare clash."""
    return prefix + "-" + "".join(secrets.choice(ALPHABET) for _ in range(length))
