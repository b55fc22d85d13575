"""Operations owns what each of the eleven operations does once its request is verified, one file each."""

from __future__ import annotations
