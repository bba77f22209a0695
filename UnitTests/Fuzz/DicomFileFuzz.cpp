// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/Utf8Text.h"
#include "../../Plugin/Core/Dicom/DicomSummary.h"
#include "../../Plugin/Core/Dicom/EncapsulatedDocumentReader.h"
#include "../../Plugin/Core/Dicom/HeaderScanner.h"

#include <tuple>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // In memory or read in ranges: all readers must find the same
    class CheckedFile final : public IInstanceData
    {
    public:
      CheckedFile(std::string_view bytes, bool isRanged)
        : bytes_(bytes),
          isRanged_(isRanged)
      {
      }

      std::uint64_t GetSizeBytes() const override { return bytes_.size(); }
      std::uint64_t GetMemoryBytes() const override { return isRanged_ ? 0 : bytes_.size(); }

      const void* Read(std::uint64_t offset,
                       std::size_t size,
                       std::vector<unsigned char>& scratch) const override
      {
        Require(offset <= bytes_.size() && size <= bytes_.size() - offset,
                "nothing is read beyond the end");
        if (!isRanged_)
        {
          return bytes_.data() + offset;
        }
        scratch.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(offset),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(offset + size));
        return scratch.data();
      }

    private:
      const std::string bytes_;
      const bool isRanged_;
    };

    std::string DescribeHeader(std::string_view bytes, bool isRanged)
    {
      std::string text;
      Succeeds(
        [&]
        {
          const CheckedFile file(bytes, isRanged);
          const ScannedHeader header = ScanHeader(file);
          text = header.transferSyntaxUid;
          for (const auto& [tag, value] : header.elements)
          {
            text += std::to_string(tag) + value.vr + value.value;
          }
        });
      return text;
    }

    void CheckSummary(const CheckedFile& file)
    {
      Succeeds(
        [&]
        {
          const DicomSummary summary = ReadDicomSummary(file, {true});
          Require(!summary.recordType.empty() && !summary.sopInstanceUid.empty(),
                  "what can be referenced has type and identifier");
          for (const std::string* text :
               {&summary.patientName, &summary.studyDescription, &summary.seriesDescription,
                &summary.accessionNumber, &summary.documentTitle})
          {
            Require(IsValidUtf8(*text), "text for people is UTF-8");
          }
          for (const std::string* keys : {&summary.patientKeys, &summary.studyKeys,
                                          &summary.seriesKeys, &summary.instanceKeys})
          {
            Require(keys->size() % 2 == 0, "elements have even lengths");
          }
        });
    }

    std::string ReadDocument(std::string_view bytes, bool isRanged)
    {
      std::string text;
      Succeeds(
        [&]
        {
          const std::optional<EncapsulatedDocument> document =
            OpenEncapsulatedDocument(std::make_unique<CheckedFile>(bytes, isRanged));
          if (document.has_value())
          {
            std::vector<unsigned char> scratch;
            const std::size_t size = static_cast<std::size_t>(document->content->GetSizeBytes());
            const void* const content = document->content->Read(0, size, scratch);
            text = document->mimeType + '\n' + document->title + '\n';
            Require(IsValidUtf8(document->title), "a title is UTF-8");
            text.append(static_cast<const char*>(content), size);
          }
        });
      return text;
    }
  } // namespace

  void FuzzDicomFile(std::string_view bytes)
  {
    // Most of a preamble would be wasted: it is added here
    const std::string file = std::string(128, '\0') + "DICM" + std::string(bytes);
    Require(DescribeHeader(file, false) == DescribeHeader(file, true),
            "headers are the same in memory and in ranges");
    CheckSummary(CheckedFile(file, true));
    Require(ReadDocument(file, false) == ReadDocument(file, true),
            "documents are the same in memory and in ranges");
  }
} // namespace OrthancPlugins
