# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors
"""Small DICOM files made in code, and the samples that come with pydicom."""

import hashlib
import io
import os
import warnings

import numpy
import pydicom
import pydicom.config
import pydicom.data.data_manager
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

# Tests write what no modality should
pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

SAMPLES = os.path.join(str(pydicom.data.data_manager.DATA_ROOT), "test_files")

CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
RLE = "1.2.840.10008.1.2.5"


def make_uid(*parts):
    """The same parts give the same UID."""
    digest = hashlib.sha256("|".join(str(part) for part in parts).encode()).digest()
    return "2.25." + str(int.from_bytes(digest[:16], "big"))


def make_pixels(rows, columns, bits, seed, noise=True):
    """Half structure, half noise, as in real images."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    pixels = 200 + 40 * numpy.sin(x / 9.0) + 30 * numpy.cos(y / 7.0)
    if bits == 8:
        pixels = pixels / 2.0
    if noise:
        pixels = pixels + numpy.random.default_rng(seed).normal(0, 6, size=(rows, columns))
    return pixels.clip(0, 2 ** min(bits, 12) - 1).astype("<u2" if bits == 16 else "u1").tobytes()


def make_dicom(patient="P1", study="1", series="1", instance=1, rows=16, columns=16, bits=16,
               frames=1, charset="ISO_IR 100", noise=True, pixels=None, **tags):
    """
    The bytes of a CT image. The first four arguments make the UIDs; "tags" (by keyword) replaces or,
    with None, removes what is there by default. pixels=False: none.
    """
    sop = make_uid(patient, study, series, instance)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CT_STORAGE
    meta.MediaStorageSOPInstanceUID = sop
    meta.TransferSyntaxUID = ExplicitVRLittleEndian

    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.is_little_endian = True
        dataset.is_implicit_VR = False
        values = {
            "SpecificCharacterSet": charset,
            "SOPClassUID": CT_STORAGE,
            "SOPInstanceUID": sop,
            "StudyInstanceUID": make_uid(patient, study),
            "SeriesInstanceUID": make_uid(patient, study, series),
            "PatientID": patient,
            "PatientName": "Doe^Jane",
            "StudyID": str(study),
            "StudyDate": "20200102",
            "StudyTime": "101112",
            "StudyDescription": f"Study {study}",
            "AccessionNumber": f"A{study}",
            "Modality": "CT",
            "SeriesNumber": "1",
            "SeriesDescription": f"Series {series}",
            "InstanceNumber": str(instance),
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "Rows": rows,
            "Columns": columns,
            "BitsAllocated": bits,
            "BitsStored": min(bits, 12),
            "HighBit": min(bits, 12) - 1,
            "PixelRepresentation": 0,
        }
        if frames > 1:
            values["NumberOfFrames"] = frames
        values.update(tags)
        for keyword, value in values.items():
            if value is not None:
                setattr(dataset, keyword, make_value(value))
        meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CT_STORAGE)
        meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", sop)
        if pixels is None:
            pixels = b"".join(make_pixels(rows, columns, bits, (instance, frame), noise)
                              for frame in range(frames))
        if pixels is not False:
            dataset.add_new(0x7fe00010, "OW" if bits == 16 else "OB", pixels)
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, dataset, write_like_original=False)
    return buffer.getvalue()


def make_object(sop_class, **options):
    """The same without pixels, of any SOP class; sequences are lists of dictionaries."""
    fields = {"Rows": None, "Columns": None, "SamplesPerPixel": None, "BitsAllocated": None,
              "PhotometricInterpretation": None, "BitsStored": None, "HighBit": None,
              "PixelRepresentation": None, "ContentDate": "20200102", "ContentTime": "101112",
              "SOPClassUID": sop_class}
    fields.update(options)
    return make_dicom(pixels=False, **fields)


def make_value(value):
    """Lists of dictionaries become sequences."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    items = []
    for values in value:
        items.append(pydicom.Dataset())
        for keyword, content in values.items():
            setattr(items[-1], keyword, make_value(content))
    return items


def make_study(patient="P1", study="1", series=2, instances=3, **options):
    """The files of a study: (series x instances)."""
    return [make_dicom(patient, study, number, instance, SeriesNumber=str(number), **options)
            for number in range(1, series + 1) for instance in range(1, instances + 1)]


def make_ballast(count=8, megabytes=2, **options):
    """A study that takes a moment: incompressible instances of this size."""
    rows = 512
    columns = megabytes * (1 << 20) // 2 // rows
    return [make_dicom(instance=instance, rows=rows, columns=columns,
                       pixels=numpy.random.default_rng(instance).bytes(rows * columns * 2), **options)
            for instance in range(1, count + 1)]


def read_sample(name):
    with open(os.path.join(SAMPLES, name), "rb") as stream:
        return stream.read()


def list_dicomdirtests():
    """The real studies: CT, MR and CR of three patients."""
    top = os.path.join(SAMPLES, "dicomdirtests")
    found = sorted(os.path.join(folder, name)
                   for folder, _, names in os.walk(top) for name in names
                   if os.path.relpath(folder, top).count(os.sep) == 1)
    assert len(found) >= 30, found
    return found


def read_file(path):
    with open(path, "rb") as stream:
        return stream.read()


def get_transfer_syntax(dicom):
    return str(pydicom.dcmread(io.BytesIO(dicom), stop_before_pixels=True)
               .file_meta.TransferSyntaxUID)
