# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Documents made in code."""

import base64
import os
import struct
import subprocess
import zlib

PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"


def make_pdf(title=None, pages=1, ballast=0, ending=b"", version="1.4", catalog=""):
    """A PDF whose cross-reference table is right; "ballast" bytes of a stream that nobody shows."""
    kids = " ".join(f"{4 + index} 0 R" for index in range(pages))
    information = "<<>>" if title is None else "<</Title <FEFF" + title.encode("utf-16-be").hex() + ">>>"
    objects = [f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
               f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(), information.encode()]
    objects += [b"<</Type/Page/Parent 2 0 R/Resources<<>>/MediaBox[0 0 200 100]>>"] * pages
    objects.append(b"<</Length %d>>stream\n" % ballast + os.urandom(1) * ballast + b"\nendstream")
    data = f"%PDF-{version}\n%\xe2\xe3\xcf\xd3\n".encode("latin-1")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, start)
    return data + ending


def make_even(pdf):
    """The same with an even number of bytes, ending as it did."""
    return pdf if len(pdf) % 2 == 0 else b"%PDF-1.4\n%x" + pdf


def run_qpdf(pdf, directory, *arguments):
    source = os.path.join(str(directory), "in.pdf")
    target = os.path.join(str(directory), "out.pdf")
    with open(source, "wb") as stream:
        stream.write(pdf)
    subprocess.run(["qpdf", *arguments, source, target], check=True)
    with open(target, "rb") as stream:
        return stream.read()


def make_stl(triangles=1):
    return bytes(80) + struct.pack("<I", triangles) + bytes(50 * triangles)


def make_cda(title="Bericht"):
    return ('<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">'
            f'<id root="1.2.3" extension="7"/><title>{title}</title></ClinicalDocument>').encode()


def make_png(color=0, rows=b"\0\1\2\0\3\4"):
    """2 x 2 pixels; "color" as in the PNG header: 0 is gray, 2 is RGB."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, color, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def make_uri(content, mime="application/pdf"):
    return f"data:{mime};base64," + base64.b64encode(content).decode()
