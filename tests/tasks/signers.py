"""Certificates for tests of content credentials, made when they are asked for."""

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tasks.media.origin import Signer

Key = ec.EllipticCurvePrivateKey
WHO = "Lighthouse Films"


@cache
def signer(who: str = WHO) -> Signer:
    """A signer by this name, whose certificate hangs on an authority of its own."""
    root, above = _certificate("Authority of tests", None)
    leaf, key = _certificate(who, (root, above))
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signer(leaf.public_bytes(pem) + root.public_bytes(pem), secret)


def _certificate(who: str, by: tuple[x509.Certificate, Key] | None) -> tuple[x509.Certificate, Key]:
    key, today = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    names = [x509.NameAttribute(oid, who) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
    signs, above = by is None, by[1] if by else key
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(by[0].subject if by else x509.Name(names))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=signs, crl_sign=signs, decipher_only=False, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
    )
    if not signs:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return made.sign(above, hashes.SHA256()), key
