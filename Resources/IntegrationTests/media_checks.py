# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""What readers that are not ours find on a medium: pydicom, DCMTK's dcmdump, dciodvfy."""

import io
import os
import subprocess
import warnings

import pydicom
from pydicom.fileset import FileSet

from orthanc_server import read_entries

POINTERS = {0x00041200, 0x00041202, 0x00041400, 0x00041420}
RECORDS = 0x00041220


def unpack(entries, directory):
    """The files as they would be on the disc; the path of the DICOMDIR."""
    for name, content in entries.items():
        path = os.path.join(str(directory), *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(content)
    return os.path.join(str(directory), "DICOMDIR")


def run(*command):
    """What a tool of others prints, on both channels."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]


def list_records(dicomdir):
    """The records of a DICOMDIR as the bytes have them, one dictionary each: tag -> value."""
    dataset = pydicom.dcmread(io.BytesIO(dicomdir))
    assert dataset.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.1.3.10"
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    records = []
    for item in dataset[RECORDS].value:
        records.append({int(element.tag): element.value for element in item
                        if int(element.tag) not in POINTERS})
    return records


def get_files(records):
    """File ID -> record, of those that reference a file."""
    files = {}
    for record in records:
        if 0x00041500 in record:
            value = record[0x00041500]
            parts = [value] if isinstance(value, str) else list(value)
            name = "/".join(parts)
            assert name not in files, f"{name} is referenced twice"
            files[name] = record
    return files


def walk(dicomdir):
    """
    (ancestors and self) of each record that can be reached from the root, by its links alone: the reader
    of pydicom checks them less strictly.
    """
    dataset = pydicom.dcmread(io.BytesIO(dicomdir))
    by_offset = {item.seq_item_tell: item for item in dataset[RECORDS].value} \
        if RECORDS in dataset else {}
    reached = []
    seen = set()

    def visit(offset, parents):
        last = None
        while offset:
            assert offset in by_offset, f"a link to {offset}, where no record begins"
            assert offset not in seen, "a record is linked twice"
            seen.add(offset)
            item = by_offset[offset]
            assert item.RecordInUseFlag == 0xFFFF
            reached.append(parents + [item])
            visit(item.OffsetOfReferencedLowerLevelDirectoryEntity, parents + [item])
            last, offset = offset, item.OffsetOfTheNextDirectoryRecord
        return last

    last = visit(dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, [])
    assert dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity == (last or 0)
    assert len(reached) == len(by_offset), "records that nothing links to"
    return reached


def check_medium(entries, directory):
    """
    Every reader opens it, every DICOM file is referenced below its own patient, study and series, and
    nothing else is. The records that reference files, by name.
    """
    path = unpack(entries, directory)
    dicomdir = entries["DICOMDIR"]
    images = {name for name in entries if name.startswith("IMAGES/")}
    for name in images:
        assert all(0 < len(part) <= 8 and part == part.upper() for part in name.split("/")), name

    files = {}
    for branch in walk(dicomdir):
        leaf = branch[-1]
        if "ReferencedFileID" not in leaf:
            continue
        value = leaf.ReferencedFileID
        name = value if isinstance(value, str) else "/".join(value)
        assert name not in files, f"{name} is referenced twice"
        files[name] = leaf
        dataset = pydicom.dcmread(io.BytesIO(entries[name]), stop_before_pixels=True)
        patient, study, series = branch[:3]
        if dataset.get("PatientID"):
            assert patient.PatientID == dataset.PatientID, name
        assert study.StudyInstanceUID == dataset.StudyInstanceUID, name
        assert series.SeriesInstanceUID == dataset.SeriesInstanceUID, name
        assert leaf.ReferencedSOPInstanceUIDInFile == dataset.SOPInstanceUID, name
        assert leaf.ReferencedSOPClassUIDInFile == dataset.SOPClassUID, name
        assert leaf.ReferencedTransferSyntaxUIDInFile == dataset.file_meta.TransferSyntaxUID, name
    assert set(files) == images

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(FileSet(path)) == len(images)
    dump = run("dcmdump", "-q", path)
    assert dump and not [line for line in dump if line.startswith(("E:", "F:"))], dump[:5]
    return files


def verify(entries, directory):
    """What dciodvfy says about the DICOMDIR: (errors, all lines)."""
    lines = run("dciodvfy", unpack(entries, directory))
    return [line for line in lines if line.startswith("Error")], lines


def read_medium(answer, directory):
    """Of an answer that has to be good: its entries, checked."""
    assert answer.status_code == 200, answer.text[:500]
    entries = read_entries(answer.content)
    check_medium(entries, directory)
    return entries
