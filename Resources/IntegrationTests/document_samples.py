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


def compress_zeros(mebibytes):
    """A zlib stream of that many MiB of zeros, made of equal blocks."""
    block = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = block.compress(bytes(1 << 20)) + block.flush(zlib.Z_FULL_FLUSH)
    checksum = ((mebibytes << 20) % 65521) << 16 | 1
    return b"\x78\xda" + piece * mebibytes + b"\x03\0" + struct.pack(">I", checksum)


def make_objects(*objects, trailer=b"/Root 1 0 R/Info 3 0 R", xref=None):
    """A PDF of these objects, numbered from 1, with a right table unless "xref" replaces it."""
    data = b"%PDF-1.5\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(data)
    if xref is None:
        xref = b"0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + \
            b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"xref\n" + xref + b"trailer\n<</Size %d" % (len(objects) + 1) + trailer
    return data + b">>\nstartxref\n%d\n%%%%EOF" % start


def make_streamed(table, content_streams, dictionary=b""):
    """A PDF whose table of objects is the stream "table" (number 9), behind objects that are complete."""
    data = b"%PDF-1.5\n" + content_streams
    start = len(data)
    data += b"9 0 obj\n<</Type/XRef/Size 10/W[1 4 2]/Root 1 0 R/Info 3 0 R/Length %d" % len(table)
    return data + dictionary + b">>stream\n" + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % start


def list_hostile_pdfs():
    """Name -> a PDF that costs a careless reader all memory, all time, or its stack."""
    catalog, pages = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 1>>"
    bomb = compress_zeros(3000)
    # Objects 1 to 3 are in the object stream 4, whose zeros are white space behind its head
    head = b"1 0 2 30 3 70 " + catalog + b" " * (30 - len(catalog)) + pages + b" " * (40 - len(pages)) + b"<</Title(x)>>"
    assert len(head) == 14 + 70 + 13
    stream = zlib.compress(head)
    in_stream = b"".join(struct.pack(">BIH", 2, 4, index) for index in range(3))
    free = struct.pack(">BIH", 0, 0, 0)

    def make_object_stream(content, filters):
        part = b"4 0 obj\n<</Type/ObjStm/N 3/First 14/Filter%s/Length %d>>stream\n" % (filters, len(content)) + \
            content + b"\nendstream\nendobj\n"
        table = free + in_stream + struct.pack(">BIH", 1, 9, 0) + free * 4 + struct.pack(">BIH", 1, 9 + len(part), 0)
        return make_streamed(table, part)

    return {
        "table bomb": make_streamed(zlib.compress(bomb), b"", b"/Filter[/FlateDecode/FlateDecode]"),
        "object stream bomb": make_object_stream(zlib.compress(bomb), b"[/FlateDecode/FlateDecode]"),
        "good object stream": make_object_stream(stream, b"/FlateDecode"),
        "wide rows": make_streamed(stream, b"", b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 2147483647>>"),
        "huge size": make_streamed(b"", b"", b"/Index[0 2147483647]").replace(b"/Size 10", b"/Size 2147483647"),
        "huge table": make_objects(catalog, pages, b"<<>>", xref=b"0 2000000000\n0000000000 65535 f \n"),
        "deep lists": make_objects(catalog, pages, b"<</Title " + b"[" * 2000000),
        "deep dictionaries": make_objects(catalog, pages, b"<</A" * 500000),
        "many objects": make_objects(catalog, pages, b"[" + b"[]" * 4000000 + b"]"),
        "cyclic pages": make_objects(catalog, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Parent 2 0 R/Count 1>>", b"<<>>"),
        "cyclic object": make_objects(catalog, pages, b"3 0 R"),
        "cyclic length": make_objects(catalog, pages, b"<</Length 3 0 R>>stream\nx\nendstream"),
        "cyclic tables": make_objects(catalog, pages, b"<<>>", trailer=b"/Root 1 0 R/Prev 120"),
        "negative count": make_objects(catalog, b"<</Type/Pages/Kids[]/Count -1>>", b"<<>>"),
        "huge count": make_objects(catalog, b"<</Type/Pages/Kids[]/Count 99999999999999999999>>", b"<<>>"),
    }


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
