"""multipart/form-data read by the standard library's parser of mail, which is where its rules come from."""

from email.parser import BytesParser
from email.policy import HTTP

Files = dict[str, tuple[str, bytes, str]]


def read_form(content_type: str, body: bytes) -> tuple[dict[str, object], Files] | None:
    """Fields as text and files as (name, bytes, type); None where it is no such form."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if message.get_content_type() != "multipart/form-data" or not message.is_multipart():
        return None
    fields: dict[str, object] = {}
    files: Files = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            return None
        if filename := part.get_filename():
            files[name] = filename, data, part.get_content_type()
        else:
            fields[name] = data.decode()
    return fields, files
