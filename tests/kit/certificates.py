"""A certificate for 127.0.0.1 and localhost, its key, and the authority that signed it: for tests alone.

Valid from 2020 to 2120; the authority's key was thrown away.
"""

from __future__ import annotations

import ssl
from pathlib import Path

_KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCITMf6fD+0AuuN2q5tftdFN2suiXMDJ3OYUxzJUEoiahRANCAATv"
    "s0TmoJWk972r03L40yboYbGA3/bx/Ie4V9U57iR/KZzhUB/TzhP05yw3MxndhrPiWR4OeXcZrjKt5xqksWtB"
)
_LEAF = (
    "MIIBxDCCAWqgAwIBAgIUUC8vda6iRerTXmdTNqENIX18rFYwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkw"
    "IBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCTEyNy4wLjAuMTBZMBMGByqGSM49AgEGCCqGSM49"
    "AwEHA0IABO+zROaglaT3vavTcvjTJuhhsYDf9vH8h7hX1TnuJH8pnOFQH9POE/TnLDczGd2Gs+JZHg55dxmuMq3nGqSxa0GjgZIw"
    "gY8wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwGgYDVR0RBBMwEYcEfwAAAYIJbG9j"
    "YWxob3N0MB8GA1UdIwQYMBaAFFmj6ktfliimHycSbNStW8MPQVlAMB0GA1UdDgQWBBTBlUG34o4OcD63yi9UySAQuo7dTzAKBggq"
    "hkjOPQQDAgNIADBFAiEAsz49o8WS3PYA95tVHX+dsPpis4D/1W3QgP6HbwBNHZ0CIHrip/3pUnZ1vLv0IsCcopr306T3uhhkG8qi"
    "NQlYJv7T"
)
_AUTHORITY = (
    "MIIBeTCCAR6gAwIBAgIUMCR3Y+A1bcObrArXhtBvEpiQoHIwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkw"
    "IBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYI"
    "KoZIzj0DAQcDQgAEkhEaqiyIx9QAMb3dyP7fKZN7yfbOADRJCRq1dfw29gDxNr241owPLJlb0M9BPbkW7W1K6aOrYC2ks/Tnv3Db"
    "46NCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFFmj6ktfliimHycSbNStW8MPQVlAMAoGCCqG"
    "SM49BAMCA0kAMEYCIQDzkfmvZ8XCLm+Ou4YSFe+1hDVODHpYQpM75LIorGSvRwIhAJ620y5A+DHRMlwfslt7F/RVpETlQ+SVuT2G"
    "4L7COgTV"
)


def authority(folder: Path) -> Path:
    """A PEM file of the authority."""
    return _written(folder / "authority.pem", "CERTIFICATE", _AUTHORITY)


def server_context(folder: Path) -> ssl.SSLContext:
    """What a local server needs to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = _written(folder / "leaf.pem", "CERTIFICATE", _LEAF)
    context.load_cert_chain(leaf, _written(folder / "key.pem", "PRIVATE KEY", _KEY))
    return context


def _written(file: Path, kind: str, text: str) -> Path:
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    file.write_text(f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n", encoding="ascii")
    return file
