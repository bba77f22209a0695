// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/EncapsulatedDocumentReader.h"
#include "../../../Plugin/Core/Failure.h"
#include "../Spool/ExpectFailure.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Read in ranges; remembers how many bytes
    class RangedData final : public IInstanceData
    {
    public:
      explicit RangedData(std::string bytes, std::uint64_t& readBytes)
        : bytes_(std::move(bytes)),
          readBytes_(readBytes)
      {
      }

      std::uint64_t GetSizeBytes() const override { return bytes_.size(); }

      std::uint64_t GetMemoryBytes() const override { return 0; }

      const void* Read(std::uint64_t offset,
                       std::size_t size,
                       std::vector<unsigned char>& scratch) const override
      {
        readBytes_ += size;
        const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
        scratch.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
        return scratch.data();
      }

    private:
      const std::string bytes_;
      std::uint64_t& readBytes_;
    };

    struct Sample
    {
      std::string content = "%PDF-1.4 some text %%EOF";
      std::string title = "A title";
      std::string characterSet;
      std::optional<Uint32> lengthBytes;
      bool hasDocument = true;
      E_EncodingType lengths = EET_ExplicitLength;
    };

    void AddSequences(DcmDataset& dataset)
    {
      DcmItem* outer = nullptr;
      DcmItem* inner = nullptr;
      dataset.findOrCreateSequenceItem(DCM_ReferencedStudySequence, outer, -2);
      outer->putAndInsertString(DCM_ReferencedSOPInstanceUID, "1.2.3");
      outer->findOrCreateSequenceItem(DCM_PurposeOfReferenceCodeSequence, inner, -2);
      inner->putAndInsertString(DCM_CodeValue, "1234");
      inner->putAndInsertUint8Array(DCM_EncapsulatedDocument, reinterpret_cast<const Uint8*>("no"),
                                    2);
      dataset.findOrCreateSequenceItem(DCM_ReferencedStudySequence, outer, -2);
    }

    std::string MakeFile(const Sample& sample, E_TransferSyntax syntax)
    {
      DcmFileFormat file;
      DcmDataset& dataset = *file.getDataset();
      dataset.putAndInsertString(DCM_SOPClassUID, UID_EncapsulatedPDFStorage);
      dataset.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4");
      dataset.putAndInsertString(DCM_SpecificCharacterSet, sample.characterSet.c_str());
      dataset.putAndInsertString(DCM_MIMETypeOfEncapsulatedDocument, " application/pdf");
      dataset.putAndInsertString(DCM_DocumentTitle, sample.title.c_str());
      dataset.putAndInsertString(DcmTag(0x5000, 0x0022, EVR_LO), "behind it");
      AddSequences(dataset);
      if (sample.hasDocument)
      {
        // DCMTK pads a value of odd length with a NUL
        dataset.putAndInsertUint8Array(DCM_EncapsulatedDocument,
                                       reinterpret_cast<const Uint8*>(sample.content.data()),
                                       static_cast<unsigned long>(sample.content.size()));
      }
      if (sample.lengthBytes.has_value())
      {
        dataset.putAndInsertUint32(DcmTag(0x0042, 0x0015, EVR_UL), *sample.lengthBytes);
      }
      std::string bytes(100000 + sample.content.size(), '\0');
      DcmOutputBufferStream stream(&bytes[0], static_cast<offile_off_t>(bytes.size()));
      file.transferInit();
      EXPECT_TRUE(file.write(stream, syntax, sample.lengths, nullptr).good());
      file.transferEnd();
      stream.flush();
      void* written = nullptr;
      offile_off_t size = 0;
      stream.flushBuffer(written, size);
      bytes.resize(static_cast<std::size_t>(size));
      return bytes;
    }

    std::optional<EncapsulatedDocument> Open(const std::string& bytes, std::uint64_t& readBytes)
    {
      return OpenEncapsulatedDocument(std::make_unique<RangedData>(bytes, readBytes));
    }

    std::string ReadAll(const IInstanceData& data)
    {
      std::vector<unsigned char> scratch;
      const std::size_t size = static_cast<std::size_t>(data.GetSizeBytes());
      return std::string(static_cast<const char*>(data.Read(0, size, scratch)), size);
    }

    std::string ReadContent(const Sample& sample, E_TransferSyntax syntax)
    {
      std::uint64_t readBytes = 0;
      const std::optional<EncapsulatedDocument> document =
        Open(MakeFile(sample, syntax), readBytes);
      return document.has_value() ? ReadAll(*document->content) : "no document";
    }

    constexpr E_TransferSyntax SYNTAXES[] = {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit,
                                             EXS_BigEndianExplicit,
                                             EXS_DeflatedLittleEndianExplicit};
  } // namespace

  TEST(EncapsulatedDocumentReader, EveryTransferSyntax)
  {
    for (const E_TransferSyntax syntax : SYNTAXES)
    {
      for (const E_EncodingType lengths : {EET_ExplicitLength, EET_UndefinedLength})
      {
        Sample sample;
        sample.lengths = lengths;
        std::uint64_t readBytes = 0;

        const std::optional<EncapsulatedDocument> document =
          Open(MakeFile(sample, syntax), readBytes);

        ASSERT_TRUE(document.has_value());
        EXPECT_EQ(sample.content, ReadAll(*document->content));
        EXPECT_EQ("application/pdf", document->mimeType);
        EXPECT_EQ("A title", document->title);
        EXPECT_EQ(UID_EncapsulatedPDFStorage, document->sopClassUid);
        EXPECT_EQ("1.2.3.4", document->sopInstanceUid);
        EXPECT_EQ(syntax == EXS_DeflatedLittleEndianExplicit,
                  document->content->GetMemoryBytes() > 0);
      }
    }
  }

  TEST(EncapsulatedDocumentReader, Length)
  {
    struct Row
    {
      std::string content;
      std::optional<Uint32> lengthBytes;
      std::string expected;
    };
    const std::string nul(1, '\0');
    const Row rows[] = {
      {"even", std::nullopt, "even"},
      {"odd", std::nullopt, "odd"},
      {"odd", 3, "odd"},
      {"odd", 4, "odd" + nul},
      {"even", 4, "even"},
      {"even", 3, "eve"}, // it says so
      {"even", 2, "even"},
      {"even", 5, "even"},
      {"even", 0, "even"},
      {"ev" + nul + nul, std::nullopt, "ev" + nul},
      {"ev" + nul + nul, 4, "ev" + nul + nul},
      {"x\r\n", std::nullopt, "x\r\n"},
      {"", std::nullopt, ""},
      {"", 0, ""},
      {"", 0xFFFFFFFF, ""},
    };
    for (const Row& row : rows)
    {
      for (const E_TransferSyntax syntax : SYNTAXES)
      {
        Sample sample;
        sample.content = row.content;
        sample.lengthBytes = row.lengthBytes;

        EXPECT_EQ(row.expected, ReadContent(sample, syntax)) << row.content << " " << syntax;
      }
    }
  }

  TEST(EncapsulatedDocumentReader, ReadsNoMoreThanNeeded)
  {
    Sample sample;
    sample.content = std::string(3000000, 'x');
    for (const E_TransferSyntax syntax :
         {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit})
    {
      std::uint64_t readBytes = 0;
      const std::optional<EncapsulatedDocument> document =
        Open(MakeFile(sample, syntax), readBytes);

      EXPECT_GT(100000u, readBytes);
      std::vector<unsigned char> scratch;
      const char* const end =
        static_cast<const char*>(document->content->Read(2999990, 10, scratch));
      EXPECT_EQ("xxxxxxxxxx", std::string(end, 10));
      ExpectFailure(FailureKind::SourceMissing,
                    [&] { document->content->Read(2999990, 11, scratch); });
      ExpectFailure(FailureKind::SourceMissing,
                    [&] { document->content->Read(3000001, 0, scratch); });
    }
  }

  TEST(EncapsulatedDocumentReader, TitleInUtf8)
  {
    struct Row
    {
      std::string characterSet;
      std::string title;
      std::string expected;
    };
    const Row rows[] = {
      {"ISO_IR 100",
       "Pr\xFC"
       "fung",
       "Pr\xC3\xBC"
       "fung"},
      {"ISO_IR 192",
       "Pr\xC3\xBC"
       "fung",
       "Pr\xC3\xBC"
       "fung"},
      {"ISO_IR 144", "\xBF\xE0\xD8\xD2\xD5\xE2",
       "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
      {"",
       "Pr\xFC"
       "fung",
       "Pr\xEF\xBF\xBD"
       "fung"},
      {"ISO_IR 192",
       "Pr\xFC"
       "fung",
       "Pr\xEF\xBF\xBD"
       "fung"},
      {"NO_SUCH_SET",
       "Pr\xFC"
       "fung",
       "Pr\xEF\xBF\xBD"
       "fung"},
      {"", "", ""},
    };
    for (const Row& row : rows)
    {
      Sample sample;
      sample.characterSet = row.characterSet;
      sample.title = row.title;
      std::uint64_t readBytes = 0;

      EXPECT_EQ(row.expected, Open(MakeFile(sample, EXS_LittleEndianExplicit), readBytes)->title)
        << row.characterSet;
    }
  }

  TEST(EncapsulatedDocumentReader, NoDocument)
  {
    Sample sample;
    sample.hasDocument = false;
    for (const E_TransferSyntax syntax : SYNTAXES)
    {
      EXPECT_EQ("no document", ReadContent(sample, syntax));
    }
  }

  // Every beginning of a file, and every file with one broken byte: a failure or a document, no crash
  TEST(EncapsulatedDocumentReader, BrokenFiles)
  {
    for (const E_TransferSyntax syntax : SYNTAXES)
    {
      Sample sample;
      sample.lengths = EET_UndefinedLength;
      const std::string whole = MakeFile(sample, syntax);
      const std::size_t value = whole.find("%PDF");
      for (std::size_t size = 0; size < whole.size(); size++)
      {
        std::uint64_t readBytes = 0;
        try
        {
          const std::optional<EncapsulatedDocument> document =
            Open(whole.substr(0, size), readBytes);
          EXPECT_TRUE(!document.has_value() || size >= value + sample.content.size());
        }
        catch (const Failure& failure)
        {
          EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
        }
        std::string broken = whole;
        broken[size] = static_cast<char>(0xFF);
        try
        {
          const std::optional<EncapsulatedDocument> document = Open(broken, readBytes);
          if (document.has_value())
          {
            ReadAll(*document->content);
          }
        }
        catch (const Failure& failure)
        {
          EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
        }
      }
    }
  }

  TEST(EncapsulatedDocumentReader, RefusesWhatItCannotRead)
  {
    std::uint64_t readBytes = 0;
    const std::string whole = MakeFile(Sample(), EXS_LittleEndianExplicit);
    for (const std::string& bytes :
         {std::string(), std::string("DICM"), std::string(1000, '\0'), whole.substr(128)})
    {
      ExpectFailure(FailureKind::SourceMissing, [&] { Open(bytes, readBytes); });
    }
    // The document in fragments
    std::string fragments = whole;
    const std::size_t length = fragments.find("%PDF") - 4;
    fragments.replace(length, 4, "\xFF\xFF\xFF\xFF");
    ExpectFailure(FailureKind::SourceMissing, [&] { Open(fragments, readBytes); });
    // Deeper than anybody nests
    std::string nested = whole.substr(0, whole.find(std::string("\x08\x00\x05\x00", 4)));
    for (unsigned i = 0; i < 100000; i++)
    {
      nested += std::string("\x08\x00\x10\x11SQ\0\0\xFF\xFF\xFF\xFF", 12) +
                std::string("\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF", 8);
    }
    ExpectFailure(FailureKind::SourceMissing, [&] { Open(nested, readBytes); });
  }
} // namespace OrthancPlugins
