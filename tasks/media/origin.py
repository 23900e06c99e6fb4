"""Content credentials (C2PA) of videos: whose a delivered one carries, and our own in copies that we make.

Only what has the box of the standard is given to the library, which is an extra (``mark``) and asks no network here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from tasks.domain.errors import MediaError

NEEDED = "pip install 'storyreel[mark]'"
UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the box of C2PA 2.1, A.5, in files of the mp4 family
MOST_BOXES = 10_000
LONGEST = 200  # characters of what is told of a signer
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DRAWN = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
MP4 = "video/mp4"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose credentials are written: a chain of certificates and the private key of the first, both PEM."""

    certificate: bytes
    key: bytes


def read_signer(certificate: Path, key: Path) -> Signer:
    """The signer that two PEM files make. Raises ``OSError`` when one cannot be read."""
    return Signer(certificate.read_bytes(), key.read_bytes())


def read_origin(path: Path) -> str:
    """Whether a video carries content credentials, and by whom; empty where it carries none. It never raises."""
    try:
        with path.open("rb") as file:
            if not _has_box(file, path.stat().st_size):
                return ""
            file.seek(0)
            return _told(file)
    except OSError:
        return ""


def sign(path: Path, signer: Signer, clips: Sequence[tuple[str, Path]]) -> None:
    """Write content credentials into an mp4 of our own: made by a trained algorithm, with the ``clips``, each with its
    name, as ingredients.

    Raises ``MediaError`` when the library is not there, or the certificate, the key or a file cannot be used.
    """
    made = path.with_suffix(".signed")
    try:
        c2pa = _library()
        builder = c2pa.Builder.from_json(_claim(path), context=_context())
        for name, clip in clips:
            with clip.open("rb") as file:
                if file.read(8)[4:] != b"ftyp":
                    continue  # the library takes no other container of ours
                file.seek(0)
                told = {"title": name, "relationship": "componentOf", "format": MP4}
                builder.add_ingredient(json.dumps(told), MP4, file)
        info = c2pa.C2paSignerInfo(_algorithm(signer).encode(), signer.certificate, signer.key, None)
        with c2pa.Signer.from_info(info) as mark, path.open("rb") as source_file, made.open("w+b") as out:
            builder.sign(mark, MP4, source_file, out)
        made.replace(path)
    except Exception as error:  # the library ends in more ways than it documents, and the reel is whole without it
        raise MediaError(f"cannot be signed: {_short(error)}") from error
    finally:
        made.unlink(missing_ok=True)


def check_signer(signer: Signer) -> None:
    """Look into certificate and key. Raises ``MediaError`` when the library is not there, or they cannot be used."""
    try:
        c2pa = _library()
        info = c2pa.C2paSignerInfo(_algorithm(signer).encode(), signer.certificate, signer.key, None)
        c2pa.Signer.from_info(info).close()  # which does not look into the certificate
        if _public(signer) != _loaded(signer).public_key():
            raise MediaError("the first certificate is not that of the key")
    except Exception as error:  # as when it signs
        raise MediaError(_short(error)) from error


def _has_box(file: BinaryIO, length: int) -> bool:
    """Whether a file has the box of content credentials among its top-level ones."""
    at = 0
    for _ in range(MOST_BOXES):
        file.seek(at)
        head = file.read(32)
        size = int.from_bytes(head[:4], "big")
        long = size == 1
        size = int.from_bytes(head[8:16], "big") if long else size
        if head[4:8] == b"uuid" and head[16 if long else 8 :][:16] == UUID:
            return True
        if size < 8 or (at := at + size) >= length:
            return False
    return False


def _told(file: BinaryIO) -> str:
    try:
        c2pa = _library()
    except MediaError:
        return f"C2PA ({NEEDED} reads by whom)"
    try:
        with c2pa.Reader(MP4, file, context=_context()) as reader:
            return _short(_words(reader.get_active_manifest() or {}, str(reader.get_validation_state() or "")))
    except Exception as error:  # the clip is paid for and not booked yet: nothing that its reader does may cost it
        return _short(f"C2PA, which cannot be read: {error}")


def _words(active: Mapping[str, Any], state: str) -> str:
    """By whom a manifest is, with what, and whether it holds."""
    signature = active.get("signature_info") or {}
    who = signature.get("issuer") or signature.get("common_name") or "nobody that it names"
    generator = ", ".join(str(one.get("name", "")) for one in active.get("claim_generator_info") or ())
    broken = "" if state in ("Valid", "Trusted") else ", which does not hold"
    return f"C2PA by {who}{f' ({generator})' if generator else ''}{broken}"


def _claim(path: Path) -> str:
    created = {"action": "c2pa.created", "digitalSourceType": TRAINED}
    return json.dumps(
        {
            "title": path.name,
            "format": MP4,
            "claim_generator_info": [{"name": "storyreel", "version": _version()}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
        }
    )


def _algorithm(signer: Signer) -> str:
    """How the key signs, by its kind. Raises ``ValueError`` when it is none that content credentials know."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key = _loaded(signer)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}.get(key.curve.name, "es256")
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    raise ValueError("the key is none of EC, Ed25519 or RSA")


def _loaded(signer: Signer) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(signer.key, None)


def _public(signer: Signer) -> Any:
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(signer.certificate).public_key()


@cache
def _library() -> Any:
    try:
        import c2pa
    except (ImportError, OSError) as error:
        raise MediaError(f"content credentials need c2pa-python: {NEEDED}") from error
    return c2pa


def _context() -> Any:
    """How the library is used: it fetches nothing, neither credentials that lie elsewhere nor word on certificates."""
    settings = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    return _library().Context(_library().Settings.from_dict(settings))


@cache
def _version() -> str:
    return version("storyreel")


def _short(error: object) -> str:
    return " ".join(str(error).split())[:LONGEST]
