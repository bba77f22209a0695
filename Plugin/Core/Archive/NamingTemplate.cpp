// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "NamingTemplate.h"

#include "PathLayout.h"
#include "Utf8Text.h"

#include "../Failure.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_TEMPLATE_CHARACTERS = 1000;
    constexpr std::size_t MAX_EXTENSION_BYTES = 9;
    constexpr std::size_t INDEX_DIGITS = 8;

    // Main DICOM tags that the host keeps by default since 1.10.1 (its DicomMap.cpp). It keeps
    // ImageOrientationPatient for series and instances: the one of the series is meant
    constexpr std::string_view PATIENT_TAGS[] = {"OtherPatientIDs", "PatientBirthDate", "PatientID",
                                                 "PatientName", "PatientSex"};

    constexpr std::string_view STUDY_TAGS[] = {
      "AccessionNumber",        "InstitutionName",
      "ReferringPhysicianName", "RequestedProcedureDescription",
      "RequestingPhysician",    "StudyDate",
      "StudyDescription",       "StudyID",
      "StudyInstanceUID",       "StudyTime"};

    constexpr std::string_view SERIES_TAGS[] = {"AcquisitionDeviceProcessingDescription",
                                                "BodyPartExamined",
                                                "CardiacNumberOfImages",
                                                "ContrastBolusAgent",
                                                "ImageOrientationPatient",
                                                "ImagesInAcquisition",
                                                "Manufacturer",
                                                "Modality",
                                                "NumberOfSlices",
                                                "NumberOfTemporalPositions",
                                                "NumberOfTimeSlices",
                                                "OperatorsName",
                                                "PerformedProcedureStepDescription",
                                                "ProtocolName",
                                                "SequenceName",
                                                "SeriesDate",
                                                "SeriesDescription",
                                                "SeriesInstanceUID",
                                                "SeriesNumber",
                                                "SeriesTime",
                                                "SeriesType",
                                                "StationName"};

    constexpr std::string_view INSTANCE_TAGS[] = {
      "AcquisitionNumber",    "ImageComments",
      "ImageIndex",           "ImagePositionPatient",
      "InstanceCreationDate", "InstanceCreationTime",
      "InstanceNumber",       "NumberOfFrames",
      "SOPInstanceUID",       "TemporalPositionIdentifier"};

    template <std::size_t N>
    bool Contains(const std::string_view (&keywords)[N], std::string_view keyword)
    {
      return std::find(std::begin(keywords), std::end(keywords), keyword) != std::end(keywords);
    }

    Failure MakeFailure(const std::string& fault)
    {
      return Failure(FailureKind::OutOfRange, "Naming: " + fault);
    }

    void CheckCharacters(const std::string& text)
    {
      if (!IsValidUtf8(text))
      {
        throw MakeFailure("the template is not valid UTF-8");
      }
      std::size_t count = 0;
      for (std::string_view rest = text; !rest.empty(); count++)
      {
        const char32_t c = TakeCodePoint(rest);
        if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
        {
          throw MakeFailure("the template contains a control character");
        }
      }
      if (count > MAX_TEMPLATE_CHARACTERS)
      {
        throw MakeFailure("the template is longer than 1000 characters");
      }
      if (text.find('\\') != std::string::npos)
      {
        throw MakeFailure("folders are separated by \"/\", not by \"\\\"");
      }
      if (text.find_first_of(":*?\"<>|") != std::string::npos)
      {
        throw MakeFailure("the template contains one of : * ? \" < > |");
      }
    }

    void CheckPath(const std::string& text)
    {
      if (text.empty())
      {
        throw MakeFailure("the template is empty");
      }
      if (text.front() == '/')
      {
        throw MakeFailure("the template is an absolute path");
      }
      if (text.back() == '/')
      {
        throw MakeFailure("the template ends with \"/\", it has no name for the file");
      }
    }

    std::string StripSpaces(const std::string& text)
    {
      const std::size_t first = text.find_first_not_of(' ');
      return first == std::string::npos
               ? std::string()
               : text.substr(first, text.find_last_not_of(' ') + 1 - first);
    }

    // ".dcm" of "image.dcm": a dot and up to eight letters or digits at the end
    std::string FindExtension(const std::string& literal)
    {
      const std::size_t dot = literal.rfind('.');
      const bool isExtension =
        dot != std::string::npos && dot + 1 < literal.size() &&
        literal.size() - dot <= MAX_EXTENSION_BYTES &&
        std::all_of(literal.begin() + static_cast<std::ptrdiff_t>(dot) + 1, literal.end(),
                    [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z');
                    });
      return isExtension ? literal.substr(dot) : std::string();
    }

    std::string FormatIndex(std::size_t index)
    {
      const std::string digits = std::to_string(index);
      return std::string(INDEX_DIGITS - std::min(INDEX_DIGITS, digits.size()), '0') + digits;
    }
  } // namespace

  void NamingTemplate::CheckNaming(const std::string& naming)
  {
    if (!IsHost(naming))
    {
      const NamingTemplate ignored(naming);
    }
  }

  NamingTemplate::NamingTemplate(const std::string& text)
    : parts_(1)
  {
    CheckPath(text);
    CheckCharacters(text);
    for (std::size_t position = 0; position < text.size();)
    {
      position = ReadToken(text, position);
    }
    FinishPart();
    if (parts_.back().back().source == Source::Literal)
    {
      extension_ = FindExtension(parts_.back().back().text);
    }
  }

  // Returns the position behind the token
  std::size_t NamingTemplate::ReadToken(const std::string& text, std::size_t position)
  {
    const char c = text[position];
    if (c == '/')
    {
      FinishPart();
      parts_.emplace_back();
      return position + 1;
    }
    if ((c == '{' || c == '}') && position + 1 < text.size() && text[position + 1] == c)
    {
      AppendLiteral(c);
      return position + 2;
    }
    if (c == '}')
    {
      throw MakeFailure("unbalanced braces, a \"}\" has no \"{\"");
    }
    if (c != '{')
    {
      AppendLiteral(c);
      return position + 1;
    }
    const std::size_t end = text.find_first_of("{}/", position + 1);
    if (end == std::string::npos || text[end] != '}')
    {
      throw MakeFailure("unbalanced braces, a \"{\" has no \"}\"");
    }
    const std::string keyword = text.substr(position + 1, end - position - 1);
    parts_.back().push_back(Token{FindSource(keyword), keyword});
    needsInstanceTags_ = needsInstanceTags_ || parts_.back().back().source == Source::Instance;
    return end + 1;
  }

  NamingTemplate::Source NamingTemplate::FindSource(const std::string& keyword)
  {
    if (keyword == "OrthancID")
    {
      return Source::OrthancId;
    }
    if (keyword == "Index")
    {
      return Source::Index;
    }
    if (Contains(PATIENT_TAGS, keyword))
    {
      return Source::Patient;
    }
    if (Contains(STUDY_TAGS, keyword))
    {
      return Source::Study;
    }
    if (Contains(SERIES_TAGS, keyword))
    {
      return Source::Series;
    }
    if (Contains(INSTANCE_TAGS, keyword))
    {
      return Source::Instance;
    }
    throw MakeFailure("\"{" + keyword + "}\" is no main DICOM tag, nor {OrthancID} nor {Index}");
  }

  void NamingTemplate::AppendLiteral(char c)
  {
    Tokens& tokens = parts_.back();
    if (tokens.empty() || tokens.back().source != Source::Literal)
    {
      tokens.push_back(Token{Source::Literal, std::string()});
    }
    tokens.back().text.push_back(c);
  }

  void NamingTemplate::FinishPart()
  {
    const Tokens& tokens = parts_.back();
    const bool isLiteral = tokens.size() == 1 && tokens[0].source == Source::Literal;
    if (tokens.empty() || (isLiteral && StripSpaces(tokens[0].text).empty()))
    {
      throw MakeFailure("the template has an empty folder name");
    }
    if (isLiteral && tokens[0].text.find_first_not_of(" .") == std::string::npos)
    {
      throw MakeFailure("a name in the template consists of dots");
    }
    if (parts_.size() > MAX_PATH_LEVELS)
    {
      throw MakeFailure("the template has more than " + std::to_string(MAX_PATH_LEVELS) +
                        " levels");
    }
  }

  std::string NamingTemplate::GetValue(const Token& token, const NamingValues& values)
  {
    const auto find = [&token](const DicomTags& tags)
    {
      const DicomTags::const_iterator found = tags.find(token.text);
      return found == tags.end() ? std::string() : StripSpaces(found->second);
    };

    switch (token.source)
    {
    case Source::Literal:
      return token.text;
    case Source::Patient:
      return find(values.patient);
    case Source::Study:
      return find(values.study);
    case Source::Series:
      return find(values.series);
    case Source::Instance:
      return find(values.instance);
    case Source::OrthancId:
      return values.orthancId;
    case Source::Index:
      return FormatIndex(values.index);
    }
    return std::string();
  }

  std::vector<NamingTemplate::Part> NamingTemplate::Render(const NamingValues& values) const
  {
    std::vector<Part> rendered;
    for (const Tokens& tokens : parts_)
    {
      rendered.emplace_back();
      for (const Token& token : tokens)
      {
        rendered.back().text += GetValue(token, values);
      }
    }
    rendered.back().extension = extension_;
    return rendered;
  }
} // namespace OrthancPlugins
