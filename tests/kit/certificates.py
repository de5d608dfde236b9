"""A certificate for 127.0.0.1 and localhost, its key, and the authority that signed it: for tests alone.

Valid from 2020 to 2120; the authority's key was thrown away. A second authority signed what goes wrong: a
certificate that expired in 2021, one for another name, and one that a client shows.
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

_SECOND_AUTHORITY = (
    "MIIBczCCARmgAwIBAgIBATAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTZWNvbmQgdGVzdCBhdXRob3JpdHkwIBcNMTkwMTAxMDAw"
    "MDAwWhgPMjEyMDAxMDEwMDAwMDBaMCAxHjAcBgNVBAMMFVNlY29uZCB0ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49"
    "AwEHA0IABM0juFmIl42ik5wLy9aZJe3aBYx/5ZpC/KuD20DlL+C5GkhmKupC7aCNuu37TLko6djOjzSLOWyZOOE5qosnD8ajQjBA"
    "MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBRhkwMjgjYa3gGGz3AQtNIhQVliPDAKBggqhkjOPQQD"
    "AgNIADBFAiEA5aeoknZlAqXPA0lGDoJIc+sVmXMAqxckt99dK49IBwcCICMqpsKwiUidpkpMjL9WA4floigswMevlH7dCKcPGjXR"
)
_EXPIRED = (
    "MIIBozCCAUmgAwIBAgIBAjAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTZWNvbmQgdGVzdCBhdXRob3JpdHkwHhcNMjAwMTAxMDAw"
    "MDAwWhcNMjEwMTAxMDAwMDAwWjASMRAwDgYDVQQDDAdleHBpcmVkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEp6NuVgNxRPoW"
    "hc0n3SdBdqxvFEvxdzHZ0kn3UKIC4VXfFy2/FjLPVBCw+4whRiA2q/TP4IQET+2iDn6yDsfbl6OBgTB/MAwGA1UdEwEB/wQCMAAw"
    "GgYDVR0RBBMwEYcEfwAAAYIJbG9jYWxob3N0MBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQWBBT9lnorNDQUDGVZdxYRQoSv"
    "98CPuDAfBgNVHSMEGDAWgBRhkwMjgjYa3gGGz3AQtNIhQVliPDAKBggqhkjOPQQDAgNIADBFAiEArbcohC5OIBFsI8G5O9ZokgZQ"
    "naUzj7Xy1qdDTV+BmmYCID989LxaT1dfFI2qeL3un15M3pccAuOouk8/NirXZdjT"
)
_EXPIRED_KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggsF1YfOskKDdQ5gphAQJO2rduak8YmWBMGfkNrxND5uhRANCAASn"
    "o25WA3FE+haFzSfdJ0F2rG8US/F3MdnSSfdQogLhVd8XLb8WMs9UELD7jCFGIDar9M/ghARP7aIOfrIOx9uX"
)
_ELSEWHERE = (
    "MIIBqjCCAVCgAwIBAgIBAzAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTZWNvbmQgdGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAw"
    "MDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWVsc2V3aGVyZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKu/gvBZ"
    "cp5H+kPhzO2HcYsKgQu6C3zmsPOhgA5wE9V8GMXUFdFk4DkVuU7XUcCCgxnfHwHhhJ057nk15rYrIlSjgYQwgYEwDAYDVR0TAQH/"
    "BAIwADAcBgNVHREEFTATghFlbHNld2hlcmUuZXhhbXBsZTATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUJUMpbAYrlvoC"
    "lDbXyskVTkZg8DwwHwYDVR0jBBgwFoAUYZMDI4I2Gt4Bhs9wELTSIUFZYjwwCgYIKoZIzj0EAwIDSAAwRQIhAOZICCTomE72lP/p"
    "abAJa/DQ+sGRX9QCWRnIgPRtwa5wAiBspRhCNRC/rwG3U33t/RL2zO7LvP2WxaQx8uUfxsjUCA=="
)
_ELSEWHERE_KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2sUurtfbxGjPU+LiGZYvZFHepRZHwZmfEcygTBcGgQ+hRANCAASr"
    "v4LwWXKeR/pD4czth3GLCoELugt85rDzoYAOcBPVfBjF1BXRZOA5FblO11HAgoMZ3x8B4YSdOe55Nea2KyJU"
)
_CLIENT = (
    "MIIBiDCCAS2gAwIBAgIBBDAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTZWNvbmQgdGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAw"
    "MDAwWhgPMjEyMDAxMDEwMDAwMDBaMBExDzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBOfBnmQ9q+q"
    "katKaYgHkdfZ+G704xHdqxeOga1o914krcGtJegTOGXehKiDUWyfCC0cKLk47ogTpasS7Dxk/OmjZTBjMAwGA1UdEwEB/wQCMAAw"
    "EwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0OBBYEFPajf6BEaYHKA8G6GwxZ5NRlyU6WMB8GA1UdIwQYMBaAFGGTAyOCNhreAYbP"
    "cBC00iFBWWI8MAoGCCqGSM49BAMCA0kAMEYCIQCGCe9uQDYAOio4jis66TrEUVgbd2RtMrE+2apvMuJhDQIhAL/T4VFabsB2u17W"
    "t0F4JiFo1uvMA+UvBwMmMzYdLGE5"
)
_CLIENT_KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmn2C2EOMyx2dZWWRCnc7Na1IkQQpex46RZVpYq+KcfKhRANCAAQT"
    "nwZ5kPavqpGrSmmIB5HX2fhu9OMR3asXjoGtaPdeJK3BrSXoEzhl3oSog1FsnwgtHCi5OO6IE6WrEuw8ZPzp"
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


def second_authority(folder: Path) -> Path:
    """A PEM file of the authority that signed what follows."""
    return _written(folder / "second-authority.pem", "CERTIFICATE", _SECOND_AUTHORITY)


def expired_context(folder: Path) -> ssl.SSLContext:
    """A server whose certificate is right for 127.0.0.1, but expired in 2021."""
    return _serving(folder, "expired", _EXPIRED, _EXPIRED_KEY)


def elsewhere_context(folder: Path) -> ssl.SSLContext:
    """A server whose certificate is valid, but for elsewhere.example."""
    return _serving(folder, "elsewhere", _ELSEWHERE, _ELSEWHERE_KEY)


def client_files(folder: Path) -> tuple[Path, Path]:
    """Certificate and key that a client shows; the second authority signed it."""
    return (
        _written(folder / "cert.pem", "CERTIFICATE", _CLIENT),
        _written(folder / "client-key.pem", "PRIVATE KEY", _CLIENT_KEY),
    )


def _serving(folder: Path, name: str, certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = _written(folder / f"{name}.pem", "CERTIFICATE", certificate)
    context.load_cert_chain(leaf, _written(folder / f"{name}-key.pem", "PRIVATE KEY", key))
    return context


def _written(file: Path, kind: str, text: str) -> Path:
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    file.write_text(f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n", encoding="ascii")
    return file
