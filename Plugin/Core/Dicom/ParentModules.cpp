// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ParentModules.h"

#include "../Failure.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcitem.h>
#include <dcmtk/dcmdata/dctagkey.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t FIRST_READ_BYTES = 256 * 1024;

    // Nothing of the modules is behind this
    const DcmTagKey END_OF_MODULES(0x0042, 0x0000);

    // Every instance has it: what was read without it is something else
    const DcmTagKey SOP_INSTANCE_UID(0x0008, 0x0018);

    // SpecificCharacterSet and TimezoneOffsetFromUTC: what text and times are to be understood by
    const DcmTagKey ALWAYS[] = {DcmTagKey(0x0008, 0x0005), DcmTagKey(0x0008, 0x0201)};

    // PS3.3 C.7.1.1, C.7.1.3; the group of the patient is listed below as a whole
    const DcmTagKey PATIENT[] = {
      DcmTagKey(0x0008, 0x1120), DcmTagKey(0x0012, 0x0010), DcmTagKey(0x0012, 0x0020),
      DcmTagKey(0x0012, 0x0021), DcmTagKey(0x0012, 0x0030), DcmTagKey(0x0012, 0x0031),
      DcmTagKey(0x0012, 0x0040), DcmTagKey(0x0012, 0x0042), DcmTagKey(0x0012, 0x0062),
      DcmTagKey(0x0012, 0x0063), DcmTagKey(0x0012, 0x0064), DcmTagKey(0x0012, 0x0081),
      DcmTagKey(0x0012, 0x0082)};

    // PS3.3 C.7.2.1, C.7.2.2, C.7.2.3
    const DcmTagKey STUDY[] = {
      DcmTagKey(0x0008, 0x0020), DcmTagKey(0x0008, 0x0030), DcmTagKey(0x0008, 0x0050),
      DcmTagKey(0x0008, 0x0051), DcmTagKey(0x0008, 0x0090), DcmTagKey(0x0008, 0x0096),
      DcmTagKey(0x0008, 0x009C), DcmTagKey(0x0008, 0x009D), DcmTagKey(0x0008, 0x1030),
      DcmTagKey(0x0008, 0x1032), DcmTagKey(0x0008, 0x1048), DcmTagKey(0x0008, 0x1049),
      DcmTagKey(0x0008, 0x1060), DcmTagKey(0x0008, 0x1062), DcmTagKey(0x0008, 0x1080),
      DcmTagKey(0x0008, 0x1084), DcmTagKey(0x0008, 0x1110), DcmTagKey(0x0012, 0x0050),
      DcmTagKey(0x0012, 0x0051), DcmTagKey(0x0012, 0x0052), DcmTagKey(0x0012, 0x0053),
      DcmTagKey(0x0012, 0x0083), DcmTagKey(0x0020, 0x000D), DcmTagKey(0x0020, 0x0010),
      DcmTagKey(0x0032, 0x1033), DcmTagKey(0x0032, 0x1034), DcmTagKey(0x0032, 0x1066),
      DcmTagKey(0x0032, 0x1067), DcmTagKey(0x0038, 0x0010), DcmTagKey(0x0038, 0x0014),
      DcmTagKey(0x0038, 0x0060), DcmTagKey(0x0038, 0x0062), DcmTagKey(0x0038, 0x0064),
      DcmTagKey(0x0038, 0x0500), DcmTagKey(0x0040, 0x1012)};

    // PS3.3 C.7.3.1, C.7.3.2; then C.7.5.1, for a series is of one equipment (A.1.2.4)
    const DcmTagKey SERIES[] = {
      DcmTagKey(0x0008, 0x0021), DcmTagKey(0x0008, 0x0031), DcmTagKey(0x0008, 0x0060),
      DcmTagKey(0x0008, 0x103E), DcmTagKey(0x0008, 0x103F), DcmTagKey(0x0008, 0x1050),
      DcmTagKey(0x0008, 0x1052), DcmTagKey(0x0008, 0x1070), DcmTagKey(0x0008, 0x1072),
      DcmTagKey(0x0008, 0x1111), DcmTagKey(0x0008, 0x1250), DcmTagKey(0x0012, 0x0060),
      DcmTagKey(0x0012, 0x0071), DcmTagKey(0x0012, 0x0072), DcmTagKey(0x0018, 0x0015),
      DcmTagKey(0x0018, 0x1030), DcmTagKey(0x0018, 0x5100), DcmTagKey(0x0020, 0x000E),
      DcmTagKey(0x0020, 0x0011), DcmTagKey(0x0020, 0x0060), DcmTagKey(0x0040, 0x0244),
      DcmTagKey(0x0040, 0x0245), DcmTagKey(0x0040, 0x0250), DcmTagKey(0x0040, 0x0251),
      DcmTagKey(0x0040, 0x0253), DcmTagKey(0x0040, 0x0254), DcmTagKey(0x0040, 0x0260),
      DcmTagKey(0x0040, 0x0275), DcmTagKey(0x0040, 0x0280), DcmTagKey(0x0008, 0x0070),
      DcmTagKey(0x0008, 0x0080), DcmTagKey(0x0008, 0x0081), DcmTagKey(0x0008, 0x0082),
      DcmTagKey(0x0008, 0x1010), DcmTagKey(0x0008, 0x1040), DcmTagKey(0x0008, 0x1041),
      DcmTagKey(0x0008, 0x1090), DcmTagKey(0x0018, 0x1000), DcmTagKey(0x0018, 0x1002),
      DcmTagKey(0x0018, 0x1008), DcmTagKey(0x0018, 0x100A), DcmTagKey(0x0018, 0x100B),
      DcmTagKey(0x0018, 0x1020), DcmTagKey(0x0018, 0x1050), DcmTagKey(0x0018, 0x1200),
      DcmTagKey(0x0018, 0x1201), DcmTagKey(0x0018, 0x1204), DcmTagKey(0x0018, 0x1205)};

    // Of the group of the patient, but changing from study to study (PS3.3 C.7.2.2)
    const DcmTagKey PATIENT_STUDY[] = {
      DcmTagKey(0x0010, 0x1010), DcmTagKey(0x0010, 0x1020), DcmTagKey(0x0010, 0x1021),
      DcmTagKey(0x0010, 0x1022), DcmTagKey(0x0010, 0x1023), DcmTagKey(0x0010, 0x1024),
      DcmTagKey(0x0010, 0x1030), DcmTagKey(0x0010, 0x2000), DcmTagKey(0x0010, 0x2110),
      DcmTagKey(0x0010, 0x2180), DcmTagKey(0x0010, 0x2203), DcmTagKey(0x0010, 0x21A0),
      DcmTagKey(0x0010, 0x21B0), DcmTagKey(0x0010, 0x21C0), DcmTagKey(0x0010, 0x21D0)};

    constexpr Uint16 PATIENT_GROUP = 0x0010;

    template <std::size_t N>
    bool Contains(const DcmTagKey (&list)[N], const DcmTagKey& key)
    {
      return std::any_of(std::begin(list), std::end(list),
                         [&](const DcmTagKey& other) { return other == key; });
    }

    bool IsOfLevel(const DcmTagKey& key, ResourceLevel level)
    {
      if (key.getElement() == 0)
      {
        return false; // lengths of groups are retired
      }
      if (Contains(ALWAYS, key) || Contains(PATIENT, key))
      {
        return true;
      }
      if (key.getGroup() == PATIENT_GROUP)
      {
        return level != ResourceLevel::Patient || !Contains(PATIENT_STUDY, key);
      }
      return (level != ResourceLevel::Patient && Contains(STUDY, key)) ||
             (level == ResourceLevel::Series && Contains(SERIES, key));
    }

    // False if the bytes end before the modules do
    bool ReadHeader(const void* data, std::uint64_t size, DcmFileFormat& file)
    {
      DcmInputBufferStream stream;
      stream.setBuffer(data, static_cast<offile_off_t>(size));
      stream.setEos();
      file.transferInit();
      // The length limits what a broken file can make DCMTK allocate
      const bool isGood = file
                            .readUntilTag(stream, EXS_Unknown, EGL_noChange,
                                          static_cast<Uint32>(size), END_OF_MODULES)
                            .good();
      file.transferEnd();
      return isGood && file.loadAllDataIntoMemory().good() &&
             file.getDataset()->tagExists(SOP_INSTANCE_UID);
    }

    // All in front of the end of the modules
    std::unique_ptr<DcmFileFormat> ReadModules(const IInstanceData& data)
    {
      const std::uint64_t total =
        std::min<std::uint64_t>(data.GetSizeBytes(), std::numeric_limits<std::int32_t>::max());
      std::vector<unsigned char> scratch;
      for (std::uint64_t size = std::min(total, FIRST_READ_BYTES);;
           size = std::min(total, size * 4))
      {
        const void* const bytes = data.Read(0, static_cast<std::size_t>(size), scratch);
        auto file = std::make_unique<DcmFileFormat>();
        if (ReadHeader(bytes, size, *file))
        {
          return file;
        }
        if (size == total)
        {
          throw Failure(FailureKind::SourceMissing, "An instance is no readable DICOM file");
        }
      }
    }

    std::string GetFirst(DcmItem& item, const DcmTagKey& key)
    {
      OFString uid;
      return item.findAndGetOFString(key, uid).good() ? std::string(uid.c_str(), uid.size())
                                                      : std::string();
    }
  } // namespace

  void CopyParentModules(const IInstanceData& sibling, ResourceLevel level, DcmItem& target)
  {
    const std::unique_ptr<DcmFileFormat> file = ReadModules(sibling);
    DcmDataset& source = *file->getDataset();
    for (unsigned long i = 0; i < source.card(); i++)
    {
      DcmElement* const element = source.getElement(i);
      // An empty character set is not allowed, and says what a missing one says
      // In the series of other objects sequences may be empty that must have an item in those of documents
      const bool isNothing = element->getLength() == 0 &&
                             (element->getTag() == ALWAYS[0] ||
                              (element->ident() == EVR_SQ && Contains(SERIES, element->getTag())));
      if (isNothing || !IsOfLevel(element->getTag(), level))
      {
        continue;
      }
      DcmElement* const copy = dynamic_cast<DcmElement*>(element->clone());
      if (copy == nullptr || target.insert(copy, OFTrue).bad())
      {
        delete copy;
        throw Failure(FailureKind::Internal, "An attribute of the parent cannot be copied");
      }
    }
  }

  ObjectIdentity ReadIdentity(const IInstanceData& data)
  {
    const std::unique_ptr<DcmFileFormat> file = ReadModules(data);
    DcmDataset& source = *file->getDataset();
    ObjectIdentity identity;
    identity.sopClassUid = GetFirst(source, DcmTagKey(0x0008, 0x0016));
    identity.sopInstanceUid = GetFirst(source, SOP_INSTANCE_UID);
    identity.studyInstanceUid = GetFirst(source, DcmTagKey(0x0020, 0x000D));
    identity.seriesInstanceUid = GetFirst(source, DcmTagKey(0x0020, 0x000E));
    identity.contentDate = GetFirst(source, DcmTagKey(0x0008, 0x0023));
    identity.contentTime = GetFirst(source, DcmTagKey(0x0008, 0x0033));
    return identity;
  }
} // namespace OrthancPlugins
