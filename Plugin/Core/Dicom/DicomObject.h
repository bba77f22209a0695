// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "NewElement.h"
#include "PrivateDictionary.h"

#include "../IDicomStore.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct CapturedImage;

  // A DICOM file (PS3.10) without the bytes of its document
  struct DicomFile
  {
    std::string head; // the whole file if it holds no document
    std::string tail; // what follows the document, with what pads it to an even length
  };

  /**
   * A DICOM object that is being made, in explicit VR little endian. Attributes are named by keyword or
   * "gggg,eeee". Not thread-safe.
   *
   * Order of calls: CopyParent() at most once and first, then the others in any order, Serialize() last.
   **/
  class DicomObject
  {
  public:
    // "charset": of an object without parent, empty for ASCII. Throws Failure(OutOfRange) if it is not
    // known
    explicit DicomObject(const std::string& charset);
    ~DicomObject();
    DicomObject(const DicomObject&) = delete;
    DicomObject& operator=(const DicomObject&) = delete;

    // The patient of a file (PS3.3 C.7.1), with "Study" also its study (C.7.2), with "Series" also its
    // series (C.7.3): all their attributes with their sequences, byte by byte, the character set, and
    // the time zone. Throws Failure(SourceMissing) if the file cannot be read
    void CopyParent(const IInstanceData& sibling, ResourceLevel level);

    bool Has(const std::string& tag) const;

    // UTF-8; empty if absent
    std::string GetText(const std::string& tag) const;

    // A text attribute of the standard, replaced, or written only if it is absent. UTF-8: the object
    // becomes one in Unicode if its character set cannot hold it. Throws Failure(OutOfRange)
    void Set(const std::string& tag, const std::string& utf8);
    void SetDefault(const std::string& tag, const std::string& utf8);

    // An empty sequence if it is absent
    void SetDefaultSequence(const std::string& tag);

    // An item of a sequence that holds one code (PS3.3 8.8), replaced
    void SetCode(const std::string& tag,
                 const std::string& value,
                 const std::string& scheme,
                 const std::string& meaning);

    // (0008,0005) from now on; text that is there already is converted. Throws Failure(OutOfRange)
    void UseUnicode();
    std::string GetCharset() const;

    // The attributes of a client, as ElementWriter. "problems": collects instead of throwing; may be null
    void Write(const NewItem& elements,
               const PrivateDictionary& dictionary,
               const std::string& creator,
               std::vector<std::string>* problems);

    // Keywords, or numbers, of all attributes at the top level, in ascending order
    std::vector<std::string> ListTags() const;

    // DICOM JSON (PS3.18 F) of the object
    std::string ToJson() const;

    // Around a document of that length in (0042,0011), padded to an even length, and with its exact
    // length in (0042,0015). Throws Failure(TooLarge) beyond what an element can hold
    DicomFile Serialize(std::uint64_t documentBytes);

    // Without a document
    DicomFile Serialize();

    // Numbers of the image pixel module and others that are US; absent, or 0 if it is none
    void SetNumber(const std::string& tag, unsigned value);
    unsigned GetNumber(const std::string& tag) const;

    // With pixel data: uncompressed in words (OW, little endian) or bytes (OB), or one JPEG stream of
    // the baseline process, then the transfer syntax is that (PS3.5 A.2, A.4.1)
    DicomFile SerializeImage(const CapturedImage& image);

    // What Write() has stored although it may not be what the client means
    const std::vector<std::string>& GetWarnings() const;

  private:
    DicomFile Serialize(const std::uint64_t* documentBytes);

    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };

  // A new UID from a UUID (PS3.5 B.2)
  std::string GenerateUid();
} // namespace OrthancPlugins
